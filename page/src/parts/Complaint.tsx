/** Says that something was not done, and why; nothing where there is no complaint. */
export function Complaint({ words }: { words: string | null }) {
  return (
    <div role="alert" class="complaint-place">
      {words === null ? null : <p class="complaint">{words}</p>}
    </div>
  );
}
