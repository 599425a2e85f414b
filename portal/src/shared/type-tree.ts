// Event types by the groups that their dotted names make.

/** An event type of the catalogue, as far as a tree shows it. */
export interface NamedType {
  name: string;
  description: string | null;
}

/** A type, or a group such as `vehicle.*` with what is in it. */
export interface TypeNode extends NamedType {
  children: TypeNode[];
}

/** The types whose name or description has the text, within their groups. */
export function buildTypeTree<Type extends NamedType>(types: Type[], search: string): TypeNode[] {
  const wanted = search.trim().toLowerCase();
  const roots: TypeNode[] = [];
  const groups = new Map<string, TypeNode>();
  const sorted = types.toSorted((a, b) => a.name.localeCompare(b.name, "en"));
  for (const { name, description } of sorted) {
    // The catalogue lists it, too: it is no type.
    if (name === "*") continue;
    if (wanted && !`${name} ${description ?? ""}`.toLowerCase().includes(wanted)) continue;
    childrenFor(name, roots, groups).push({ name, description, children: [] });
  }
  return roots;
}

/** The list that this type stands in: that of its group, which is made where it is missing. */
function childrenFor(name: string, roots: TypeNode[], groups: Map<string, TypeNode>): TypeNode[] {
  let list = roots;
  const parts = name.split(".");
  for (let length = 1; length < parts.length; length += 1) {
    const group = `${parts.slice(0, length).join(".")}.*`;
    let node = groups.get(group);
    if (!node) {
      node = { name: group, description: null, children: [] };
      groups.set(group, node);
      list.push(node);
    }
    list = node.children;
  }
  return list;
}

/** Whether one of the chosen names is this one, or a group that has it. `*` has all but the types about endpoints. */
export function covers(chosen: string[], name: string): boolean {
  return chosen.some((choice) => {
    if (choice === name) return true;
    if (choice === "*") return !name.startsWith("endpoint.");
    return choice.endsWith(".*") && name.startsWith(choice.slice(0, -1));
  });
}
