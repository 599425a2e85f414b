import { useEffect, useId, useState } from "react";

import { useSettled } from "../clock.ts";
import { Icon } from "./Icon.tsx";

interface SearchFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  /** How long typing must rest before `onChange` hears of it. */
  delayMs?: number;
}

/** A field to search by, whose value is known elsewhere, such as in the URL. */
export function SearchField({ label, value, onChange, delayMs = 200 }: SearchFieldProps) {
  const id = useId();
  const [text, setText] = useState(value);
  const [known, setKnown] = useState(value);
  if (known !== value) {
    setKnown(value);
    if (value !== text.trim()) setText(value);
  }
  const settled = useSettled(text, delayMs);
  useEffect(() => {
    if (settled === text && settled.trim() !== value) onChange(settled.trim());
    // Only a text that has come to rest is news: a value that changed elsewhere is none.
  }, [settled]);
  return (
    <div className="search-field">
      <label htmlFor={id} className="visually-hidden">{label}</label>
      <Icon name="search" />
      <input id={id} type="search" placeholder={label} value={text} onChange={(event) => setText(event.target.value)} />
    </div>
  );
}
