import { texts } from "../texts";
import { useDesk } from "./desk";

/** Says why nothing may be changed, and what was not done. */
export function NoticeBar() {
  const { store, readOnly } = useDesk();
  const words = texts.value.review;
  const notice = store.notice.value;
  const failure = store.count.value ? store.failure.value : null;
  return (
    <div class="review-notices">
      {readOnly.value ? <p class="remark">{readOnly.value}</p> : null}
      <div role="alert">
        {failure ? <p class="complaint">{failure}</p> : null}
        {notice ? (
          <p class="complaint review-notice">
            <span>
              <strong>{notice.kind === "conflict" ? words.conflict(notice.by) : words.refused}:</strong> {notice.what}
            </span>
            <button type="button" class="quiet" onClick={() => (store.notice.value = null)}>
              {words.dismiss}
            </button>
          </p>
        ) : null}
      </div>
    </div>
  );
}
