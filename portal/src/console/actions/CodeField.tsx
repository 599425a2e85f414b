import { Field, type FieldProps } from "../../shared/components/Field.tsx";

interface CodeFieldProps extends Omit<FieldProps, "children"> {
  value: string;
  /** Whether it has several lines. */
  isLong?: boolean;
  onChange: (value: string) => void;
}

/** A field for ids, names or JSON. */
export function CodeField({ value, isLong = false, onChange, ...field }: CodeFieldProps) {
  const shared = { className: "code", spellCheck: false, autoComplete: "off", value } as const;
  return (
    <Field {...field}>
      {(control) => isLong
        ? <textarea {...control} {...shared} dir="auto" rows={4} onChange={(event) => onChange(event.target.value)} />
        : <input {...control} {...shared} onChange={(event) => onChange(event.target.value)} />}
    </Field>
  );
}
