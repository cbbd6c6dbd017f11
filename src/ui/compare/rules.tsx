/** A list of sentences. */
export const Rules = ({ sentences }: { readonly sentences: readonly string[] }) => (
  <ul className="claim-rules">
    {sentences.map((sentence) => (
      <li key={sentence}>{sentence}</li>
    ))}
  </ul>
)
