interface Props {
  isOn: boolean;
  onChange: (isOn: boolean) => void;
  name: string;
  /** What it means, in a few words. */
  means?: string;
}

/** Something that can be wanted or not. */
export function Check({ isOn, onChange, name, means }: Props) {
  return (
    <label class="check">
      <input type="checkbox" checked={isOn} onChange={(event) => onChange(event.currentTarget.checked)} />
      <span>
        {name}
        {means === undefined ? null : <span class="soft small">: {means}</span>}
      </span>
    </label>
  );
}
