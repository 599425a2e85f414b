import { useQuery } from "@tanstack/react-query";

import { SelectField } from "../shared/components/SelectField.tsx";
import { texts } from "../texts.ts";
import { eventTypesQuery } from "./queries.ts";

interface TypeSelectProps {
  /** Undefined for all types. */
  value: string | undefined;
  onChange: (type: string | undefined) => void;
}

/** A choice of one event type, or of all. One that is no longer in the catalogue can stay chosen. */
export function TypeSelect({ value, onChange }: TypeSelectProps) {
  const types = useQuery(eventTypesQuery());
  const names = new Set(types.data?.map((type) => type.name));
  if (value) names.add(value);
  return (
    <SelectField
      label={texts.events.type}
      value={value ?? ""}
      options={[{ value: "", label: texts.all }, ...[...names].map((name) => ({ value: name, label: name }))]}
      onChange={(type) => onChange(type || undefined)}
    />
  );
}
