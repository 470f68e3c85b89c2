/** A sight: "take me to this moment". */
export const GoIcon = () => (
  <svg class="icon statement-go" viewBox="0 0 16 16" width={14} height={14} aria-hidden="true">
    <path d="M8 3.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 0 1 0-9ZM8 1v4M8 11v4M1 8h4M11 8h4" />
  </svg>
)
