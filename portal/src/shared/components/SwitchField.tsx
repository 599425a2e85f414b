import { Switch } from "@base-ui/react/switch";

interface SwitchFieldProps {
  label: string;
  isOn: boolean;
  isDisabled?: boolean;
  onChange: (isOn: boolean) => void;
}

/** Something that is on or off, with its label. */
export function SwitchField({ label, isOn, isDisabled, onChange }: SwitchFieldProps) {
  return (
    <label className="switch-field">
      <Switch.Root className="switch" checked={isOn} disabled={isDisabled} onCheckedChange={onChange}>
        <Switch.Thumb className="switch-thumb" />
      </Switch.Root>
      {label}
    </label>
  );
}
