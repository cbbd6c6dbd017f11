/** Marks a drawing of recorded numbers that are not the user's. */
export const ExampleTag = () => (
  <span className="example-tag" aria-hidden="true">
    Example
  </span>
)
