import { Dialog as Base } from "@base-ui/react/dialog";
import { useEffect, useId, type ReactNode } from "react";

import { texts } from "../../texts.ts";
import { Icon } from "./Icon.tsx";

// The dialogs that are shown, the one on top last. Base UI knows of those alone that are nested in React's tree.
const shown: string[] = [];

interface DialogProps {
  title: string;
  description?: ReactNode;
  /** Without it the dialog has no way out but its own buttons. */
  onClose?: () => void;
  isWide?: boolean;
  children: ReactNode;
}

/** A dialog over the page, open as long as it is mounted. Escape closes it while none is on top of it. */
export function Dialog({ title, description, onClose, isWide, children }: DialogProps) {
  const id = useId();
  useEffect(() => {
    shown.push(id);
    return () => void shown.splice(shown.indexOf(id), 1);
  }, [id]);
  const change = (isOpen: boolean) => {
    if (!isOpen && shown.at(-1) === id) onClose?.();
  };
  return (
    <Base.Root open onOpenChange={change} disablePointerDismissal>
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
