import { testSchemes } from '../testing/oracle-variants.ts'

testSchemes('vector-quad')
