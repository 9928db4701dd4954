/** A red cell under a lens. */
export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
      <path class="logo-handle" d="M22.5 22.5 29 29" />
      <circle class="logo-lens" cx="14" cy="14" r="11" />
      <circle class="logo-cell" cx="14" cy="14" r="6.5" />
      <circle class="logo-pallor" cx="14" cy="14" r="2.4" />
    </svg>
  );
}
