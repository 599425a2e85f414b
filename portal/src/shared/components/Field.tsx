import { useId, type ReactNode } from "react";

import { Foreign } from "./Foreign.tsx";
import { Icon } from "./Icon.tsx";

/** What a control needs to belong to its field. */
export interface ControlProps {
  id: string;
  "aria-describedby": string;
  "aria-invalid": boolean;
}

/** What a field shows besides its control. */
export interface FieldProps {
  label: string;
  hint?: ReactNode;
  /** What is wrong, which the API or the page says. */
  error?: string | null;
  /** What may be wrong. */
  warning?: string | null;
  children: (control: ControlProps) => ReactNode;
}

/** A control with its label, a hint and what is wrong with it. */
export function Field({ label, hint, error, warning, children }: FieldProps) {
  const id = useId();
  const notes = `${id}-notes`;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, "aria-describedby": notes, "aria-invalid": Boolean(error) })}
      <div id={notes} className="field-notes">
        {hint && <div className="hint">{hint}</div>}
        <FieldMessages error={error} warning={warning} />
      </div>
    </div>
  );
}

/** A group of controls with a legend of its own. */
export function FieldGroup({ label, hint, error, children }: Omit<FieldProps, "children"> & { children: ReactNode }) {
  const id = useId();
  return (
    <fieldset className="field" aria-describedby={id}>
      <legend>{label}</legend>
      <div id={id} className="field-notes">
        {hint && <div className="hint">{hint}</div>}
        <FieldMessages error={error} />
      </div>
      {children}
    </fieldset>
  );
}

function FieldMessages({ error, warning }: { error?: string | null | undefined; warning?: string | null | undefined }) {
  return (
    <div aria-live="polite">
      {error && <p className="field-error"><Icon name="warning" /><Foreign>{error}</Foreign></p>}
      {!error && warning && <p className="field-warning"><Icon name="warning" /><Foreign>{warning}</Foreign></p>}
    </div>
  );
}
