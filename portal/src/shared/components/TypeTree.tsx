import { useMemo, useState } from "react";

import { texts } from "../../texts.ts";
import { buildTypeTree, covers, type NamedType, type TypeNode } from "../type-tree.ts";
import { Foreign } from "./Foreign.tsx";
import { SearchField } from "./SearchField.tsx";

interface TypeTreeProps {
  types: NamedType[];
  /** Chosen types, groups such as `vehicle.*`, or `*`. */
  chosen: string[];
  onChange: (chosen: string[]) => void;
}

/** A choice of event types, by groups, with a search. */
export function TypeTree({ types, chosen, onChange }: TypeTreeProps) {
  const [search, setSearch] = useState("");
  const nodes = useMemo(() => buildTypeTree(types, search), [types, search]);
  const names = new Set(types.map((type) => type.name));
  const others = chosen.filter((name) => name !== "*" && !name.endsWith(".*") && !names.has(name));
  const toggle = (name: string) => {
    if (chosen.includes(name)) onChange(chosen.filter((other) => other !== name));
    else onChange([...chosen.filter((other) => !covers([name], other)), name]);
  };
  return (
    <div className="type-tree">
      <SearchField label={texts.types.search} value={search} onChange={setSearch} delayMs={80} />
      <div className="type-tree-list" role="group" aria-label={texts.types.list} tabIndex={0}>
        <ul>
          <li>
            <Choice
              name="*" label={texts.types.all} description={texts.types.allBut} chosen={chosen} onToggle={toggle}
            />
          </li>
          {nodes.map((node) => <Branch key={node.name} node={node} chosen={chosen} onToggle={toggle} />)}
          {others.map((name) => (
            <li key={name}>
              <Choice name={name} label={name} description={texts.types.unknown} chosen={chosen} onToggle={toggle} />
            </li>
          ))}
        </ul>
        {search && nodes.length === 0 && <p className="hint">{texts.types.noMatch}</p>}
      </div>
    </div>
  );
}

interface BranchProps {
  node: TypeNode;
  chosen: string[];
  onToggle: (name: string) => void;
}

function Branch({ node, chosen, onToggle }: BranchProps) {
  return (
    <li>
      <Choice name={node.name} label={node.name} description={node.description} chosen={chosen} onToggle={onToggle} />
      {node.children.length > 0 && (
        <ul>
          {node.children.map((child) => <Branch key={child.name} node={child} chosen={chosen} onToggle={onToggle} />)}
        </ul>
      )}
    </li>
  );
}

interface ChoiceProps {
  name: string;
  label: string;
  description?: string | null;
  chosen: string[];
  onToggle: (name: string) => void;
}

/** A type that a chosen group covers is chosen by it, and cannot be taken out alone. */
function Choice({ name, label, description, chosen, onToggle }: ChoiceProps) {
  const isCovered = covers(chosen.filter((other) => other !== name), name);
  const isChosen = isCovered || chosen.includes(name);
  const isPartly = !isChosen && chosen.some((other) => covers([name], other));
  return (
    <label className="choice">
      <input
        type="checkbox"
        checked={isChosen}
        disabled={isCovered}
        ref={(input) => {
          if (input) input.indeterminate = isPartly;
        }}
        onChange={() => onToggle(name)}
      />
      <span>
        <Foreign isCode={name !== "*"}>{label}</Foreign>
        {description && <span className="choice-description"><Foreign>{description}</Foreign></span>}
      </span>
    </label>
  );
}
