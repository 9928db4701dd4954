import { computed } from "@preact/signals";
import { language } from "../texts";

/** The language of the page as it is written where the browser is, such as en-GB. */
const locale = computed(
  () => (globalThis.navigator?.languages ?? []).find((each) => each.split("-")[0] === language.value) ?? language.value,
);
const whole = computed(() => new Intl.NumberFormat(locale.value, { maximumFractionDigits: 0 }));
const moment = computed(() => new Intl.DateTimeFormat(locale.value, { dateStyle: "medium", timeStyle: "short" }));
const share = computed(() => new Intl.NumberFormat(locale.value, { style: "percent", maximumFractionDigits: 0 }));
const size = computed(() => new Intl.NumberFormat(locale.value, { maximumFractionDigits: 1 }));

/** A number of things: 12,345. */
export const count = (value: number): string => whole.value.format(value);

/** A measure to three digits, none of them beyond the third decimal: 0.123, 45.6, 12,346. */
export function measure(value: number): string {
  const before = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
  const maximumFractionDigits = Math.min(Math.max(2 - before, 0), 3);
  return new Intl.NumberFormat(locale.value, { maximumFractionDigits }).format(value);
}

/** A time of the service, here: 28 Nov 2026, 10:15. */
export const when = (time: string): string => moment.value.format(new Date(time));

/** A share of one: 45 %. */
export const percent = (value: number): string => share.value.format(value);

/** A size of a file in megabytes: 3.2 MB. */
export const megabytes = (bytes: number): string => `${size.value.format(bytes / 1e6)} MB`;
