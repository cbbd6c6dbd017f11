/** Sentences as a list. */
export const Rules = ({ sentences }: { readonly sentences: readonly string[] }) => (
  <ul className="claim-rules">
    {sentences.map((sentence) => (
      <li key={sentence}>{sentence}</li>
    ))}
  </ul>
)
