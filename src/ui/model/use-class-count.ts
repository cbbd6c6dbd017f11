import { useLab } from '../../store/lab.ts'
import { loadedData } from '../../store/status.ts'

/** The number of classes for the parameter count before a dataset is open. */
const typicalClasses = 1000

/** The number of classes of the next run. */
export function useClassCount(): number {
  const chosen = useLab(({ config }) => config.data.classes?.length)
  const found = useLab(({ data }) => loadedData(data)?.report.classes.length)
  return chosen ?? found ?? typicalClasses
}
