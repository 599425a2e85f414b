const PATHS = {
  check: "M3.5 8.5l3 3 6-7",
  cross: "M4 4l8 8M12 4l-8 8",
  clock: "M8 4v4l2.5 2M8 1.8a6.2 6.2 0 100 12.4A6.2 6.2 0 008 1.8z",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  repeat: "M13 8a5 5 0 11-1.6-3.7M13 2v3h-3",
  warning: "M8 2L1.8 13.5h12.4L8 2zM8 6.5v3M8 11.4v.4",
  info: "M8 7.2v3.6M8 4.8v.2M8 1.8a6.2 6.2 0 100 12.4A6.2 6.2 0 008 1.8z",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  search: "M7 2.5a4.5 4.5 0 100 9 4.5 4.5 0 000-9zM10.3 10.3L14 14",
  more: "M3 8h.01M8 8h.01M13 8h.01",
  back: "M10 3L5 8l5 5",
  up: "M8 13V3M4 7l4-4 4 4",
  plus: "M8 3v10M3 8h10",
  lock: "M4 7.5h8v6H4zM5.5 7.5V5a2.5 2.5 0 015 0v2.5",
} as const;

/** Which icon to draw. */
export type IconName = keyof typeof PATHS;

/** A small line drawing that says nothing to a screen reader: a text stands beside it. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
      <path
        d={PATHS[name]}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.6"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
