import { texts } from "../../texts.ts";
import { WINDOWS, type Window } from "../search-params.ts";
import { Segments } from "./Segments.tsx";

/** A choice of how far back statistics go. */
export function WindowChoice({ value, onChange }: { value: Window; onChange: (value: Window) => void }) {
  const options = WINDOWS.map((window) => ({ value: window, label: texts.window[window] }));
  return <Segments label={texts.window.label} value={value} options={options} onChange={onChange} />;
}
