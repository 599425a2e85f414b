import { useId } from "react";

import { fromLocalInput, toLocalInput } from "../clock.ts";

interface TimeFieldProps {
  label: string;
  /** An ISO time. */
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}

/** A time in the user's time zone, or none. */
export function TimeField({ label, value, onChange }: TimeFieldProps) {
  const id = useId();
  return (
    <div className="field field-inline">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type="datetime-local"
        value={toLocalInput(value)}
        onChange={(event) => onChange(fromLocalInput(event.target.value))}
      />
    </div>
  );
}
