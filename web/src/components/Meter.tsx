/** A part of a meter that somebody holds. */
export interface MeterPart {
  key: string;
  /** What it is, on hover. */
  title: string;
  amount: number;
}

interface Props {
  label: string;
  text: string;
  total: number;
  parts: readonly MeterPart[];
  /** Amounts of note, drawn as strokes across the bar. */
  marks?: readonly { title: string; amount: number }[];
  /** Drawn as this many places, where the amount is counted in few whole ones. */
  places?: number | undefined;
}

const percent = (amount: number, total: number) =>
  `${total > 0 ? Math.min(100, Math.max(0, (100 * amount) / total)) : 0}%`;

/** How much of something is taken, as a bar with one piece for each who takes of it, beside a name and a text. */
export function Meter({ label, text, total, parts, marks = [], places }: Props) {
  const used = parts.reduce((sum, part) => sum + part.amount, 0);
  return (
    <div class="meter">
      <span class="meter-name" title={label}>
        {label}
      </span>
      {/* biome-ignore lint/a11y/useSemanticElements: the element of that name cannot be drawn in pieces */}
      <div
        class={places ? "meter-bar placed" : "meter-bar"}
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={total}
        aria-valuenow={used}
        aria-valuetext={text}
      >
        {parts
          .filter(({ amount }) => amount > 0)
          .map((part) => (
            <i key={part.key} title={part.title} style={{ width: percent(part.amount, total) }} />
          ))}
        {places &&
          places > 1 &&
          Array.from({ length: places - 1 }, (_, place) => (
            <s key={place} style={{ left: percent(place + 1, places) }} />
          ))}
        {marks.map((mark) => (
          <b key={mark.title} title={mark.title} style={{ left: percent(mark.amount, total) }} />
        ))}
      </div>
      <span class="meter-text">{text}</span>
    </div>
  );
}
