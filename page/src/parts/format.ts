import { computed } from "@preact/signals";
import { language } from "../texts";

const whole = computed(() => new Intl.NumberFormat(language.value, { maximumFractionDigits: 0 }));
const precise = computed(() => new Intl.NumberFormat(language.value, { maximumSignificantDigits: 3 }));
const moment = computed(() => new Intl.DateTimeFormat(language.value, { dateStyle: "medium", timeStyle: "short" }));
const share = computed(() => new Intl.NumberFormat(language.value, { style: "percent", maximumFractionDigits: 0 }));
const size = computed(() => new Intl.NumberFormat(language.value, { maximumFractionDigits: 1 }));

/** A number of things: 12,345. */
export const count = (value: number): string => whole.value.format(value);

/** A measure to three digits, above a thousand to one: 0.123, 45.6, 12,346. */
export const measure = (value: number): string => (Math.abs(value) < 1000 ? precise : whole).value.format(value);

/** A time of the service, here: 28 Nov 2026, 10:15. */
export const when = (time: string): string => moment.value.format(new Date(time));

/** A share of one: 45 %. */
export const percent = (value: number): string => share.value.format(value);

/** A size of a file in megabytes: 3.2 MB. */
export const megabytes = (bytes: number): string => `${size.value.format(bytes / 1e6)} MB`;
