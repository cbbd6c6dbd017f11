/** What the texts of results share. */

export const columns = (rows) => {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)))
  return rows.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '),
  )
}

export const mib = (bytes) => `${(bytes / 2 ** 20).toFixed(0)} MiB`

export const caseText = ({ blocks, width, inputSize, batch, stem }) =>
  `blocks ${blocks.join(',')}, width ${width}, ${batch} images of ${inputSize} × ${inputSize}, ${stem} stem`
