interface Props<T extends string> {
  name: string;
  value: T;
  options: readonly (readonly [value: T, label: string])[];
  onChange: (value: T) => void;
}

/** One of a few, side by side: radio buttons drawn as one control. */
export function Choice<T extends string>({ name, value, options, onChange }: Props<T>) {
  return (
    <fieldset class="choice">
      <legend class="unseen">{name}</legend>
      {options.map(([option, label]) => (
        <label key={option}>
          <input
            type="radio"
            class="unseen"
            name={name}
            checked={option === value}
            onChange={() => onChange(option)}
          />
          <span>{label}</span>
        </label>
      ))}
    </fieldset>
  );
}
