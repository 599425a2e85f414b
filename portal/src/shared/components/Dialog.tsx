import { Dialog as Base } from "@base-ui/react/dialog";
import type { ReactNode } from "react";

import { texts } from "../../texts.ts";
import { Icon } from "./Icon.tsx";

interface DialogProps {
  title: string;
  description?: ReactNode;
  /** Without it the dialog has no way out but its own buttons. */
  onClose?: () => void;
  isWide?: boolean;
  children: ReactNode;
}

/** A dialog over the page, open as long as it is mounted. */
export function Dialog({ title, description, onClose, isWide, children }: DialogProps) {
  return (
    <Base.Root open onOpenChange={(open) => !open && onClose?.()} disablePointerDismissal>
      <Base.Portal>
        <Base.Backdrop className="dialog-backdrop" />
        <Base.Viewport className="dialog-viewport">
          <Base.Popup className={isWide ? "dialog dialog-wide" : "dialog"}>
            <div className="dialog-head">
              <Base.Title className="dialog-title">{title}</Base.Title>
              {onClose && (
                <Base.Close className="button button-quiet button-icon" aria-label={texts.close}>
                  <Icon name="cross" />
                </Base.Close>
              )}
            </div>
            {description && (
              <Base.Description render={<div />} className="dialog-description">{description}</Base.Description>
            )}
            {children}
          </Base.Popup>
        </Base.Viewport>
      </Base.Portal>
    </Base.Root>
  );
}
