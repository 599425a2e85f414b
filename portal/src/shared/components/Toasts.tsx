import { Toast } from "@base-ui/react/toast";
import { useEffect } from "react";

import { texts } from "../../texts.ts";
import { onNotice, takeNotices } from "../notify.ts";
import { Foreign } from "./Foreign.tsx";
import { Icon } from "./Icon.tsx";

const manager = Toast.createToastManager();

/** Shows the messages of `notify`. */
export default function Toasts() {
  useEffect(() => {
    const show = () => {
      for (const { text, tone } of takeNotices()) {
        manager.add({ description: text, type: tone, priority: tone === "bad" ? "high" : "low" });
      }
    };
    show();
    return onNotice(show);
  }, []);
  return (
    <Toast.Provider toastManager={manager} timeout={6_000}>
      <Toast.Portal>
        <Toast.Viewport className="toasts">
          <ToastList />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function ToastList() {
  const { toasts } = Toast.useToastManager();
  return toasts.map((toast) => (
    <Toast.Root key={toast.id} toast={toast} className={`toast toast-${toast.type}`} aria-label={texts.message}>
      <Toast.Content className="toast-content">
        <Icon name={toast.type === "bad" ? "warning" : "check"} />
        <Toast.Description render={<div />}><Foreign>{toast.description}</Foreign></Toast.Description>
        <Toast.Close className="button button-quiet button-icon" aria-label={texts.close}>
          <Icon name="cross" />
        </Toast.Close>
      </Toast.Content>
    </Toast.Root>
  ));
}
