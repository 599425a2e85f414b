import { useQuery } from "@tanstack/react-query";

import { SelectField } from "../shared/components/SelectField.tsx";
import { splitUrl } from "../shared/split-url.ts";
import { texts } from "../texts.ts";
import { endpointState } from "./endpoint-state.ts";
import { endpointsQuery } from "./queries.ts";

const MOST_CHARACTERS = 70;

interface EndpointSelectProps {
  value: string;
  /** What stands for no endpoint in particular. */
  allLabel: string;
  onChange: (endpointId: string) => void;
}

/** A choice of one of the owner's endpoints. */
export function EndpointSelect({ value, allLabel, onChange }: EndpointSelectProps) {
  const endpoints = useQuery(endpointsQuery());
  const options = endpoints.data?.map((endpoint) => {
    const { host, path } = splitUrl(endpoint.url);
    const state = endpointState(endpoint);
    const suffix = state.name === "active" ? "" : ` (${state.label})`;
    return { value: endpoint.id, label: shorten(host + path) + suffix };
  });
  return (
    <SelectField
      label={texts.endpoints.endpoint}
      value={value}
      options={[{ value: "", label: allLabel }, ...options ?? []]}
      onChange={onChange}
    />
  );
}

const shorten = (text: string) => (text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text);
