import { renderToStaticMarkup } from 'react-dom/server'
import { expect, test } from 'vitest'
import { Section } from './section.tsx'
import { texts } from './texts.ts'
import { topics } from './topics.ts'

test.each(topics)('%s has two or three plain sentences, a formula and a section of the documentation', (topic) => {
  const { text, formula, section } = texts[topic]
  const sentences = text.match(/[.:](?= |$)/g) ?? []
  expect(sentences.length).toBeGreaterThanOrEqual(2)
  expect(sentences.length).toBeLessThanOrEqual(4)
  expect(formula).toBeTruthy()
  // The whole section can be shown: it throws for an unknown anchor and for Markdown that the page cannot draw.
  expect(renderToStaticMarkup(<Section section={section} />)).toMatch(/<h2[^>]*>[^<]+<\/h2>.*<p>/s)
})

test('a section ends at the next heading of its level, and unknown ones are errors', () => {
  const shown = renderToStaticMarkup(<Section section="selectivity" />)
  expect(shown).toContain('SI = (m_max − m_rest)')
  expect(shown).not.toContain('crossEntropy')
  expect(() => renderToStaticMarkup(<Section section="nowhere" />)).toThrow('no section #nowhere')
})
