import { expect, test } from 'vitest';
import { type CsvOptions, parseCsv, parseCsvStream } from './csv.js';
import { isShared } from './shared.js';

const CLASSIFY: CsvOptions = { target: 'species', task: 'classification' };
const IRIS = 'length,width,species\n5.1,3.5,setosa\n7.0,3.2,versicolor\n4.9,3,setosa\n';

test('a table with a header becomes a classification dataset with sorted class names', () => {
  const dataset = parseCsv(IRIS, { ...CLASSIFY, name: 'iris' });
  expect(dataset).toEqual({
    name: 'iris',
    samples: 3,
    inputShape: [2],
    inputs: new Float32Array([5.1, 3.5, 7, 3.2, 4.9, 3]),
    inputDivisor: 1,
    targetShape: [],
    targets: new Int32Array([0, 1, 0]),
    classes: 2,
    inputNames: ['length', 'width'],
    classNames: ['setosa', 'versicolor'],
  });
  expect(isShared(dataset.inputs) && isShared(dataset.targets)).toBe(true);
});

test('a table without a header becomes a regression dataset', () => {
  const dataset = parseCsv('1;2;-0.5\n3;4;1e2', {
    target: 2,
    task: 'regression',
    header: false,
    delimiter: ';',
  });
  expect(dataset.inputs).toEqual(new Float32Array([1, 2, 3, 4]));
  expect(dataset.targets).toEqual(new Float32Array([-0.5, 100]));
  expect([dataset.classes, dataset.classNames]).toEqual([undefined, undefined]);
  expect(dataset.inputNames).toEqual(['column 0', 'column 1']);
});

test('a byte-order mark, CRLF, quotes, breaks in quotes and empty lines at the end are read', () => {
  const text = '\ufeff"a","b ""x"", y",species\r\n1,"2","one\r\ntwo"\r\n3, 4 ,"k,l"\r\n\r\n\r\n';
  const dataset = parseCsv(text, CLASSIFY);
  expect(dataset.inputNames).toEqual(['a', 'b "x", y']);
  expect([...dataset.inputs]).toEqual([1, 2, 3, 4]);
  expect(dataset.classNames).toEqual(['k,l', 'one\r\ntwo']);
  expect([...dataset.targets]).toEqual([1, 0]);
});

test('lines are counted as an editor counts them, breaks in quotes included', () => {
  const text = 'a,species\n1,"one\ntwo"\nx,k\n';
  expect(() => parseCsv(text, CLASSIFY)).toThrow(
    'read csv: line 4, "a": "x" is not a finite float32 number',
  );
});

test('integer classes are ordered by value, others by code units', () => {
  const table = (labels: string[]) => `a,species\n${labels.map((l) => `0,${l}`).join('\n')}`;
  expect(parseCsv(table(['10', '9', '-1']), CLASSIFY).classNames).toEqual(['-1', '9', '10']);
  expect(parseCsv(table(['b', 'ä', 'B', 'a']), CLASSIFY).classNames).toEqual(['B', 'a', 'b', 'ä']);
});

test('given classes keep their order, also where some do not occur', () => {
  const classes = ['virginica', 'setosa', 'versicolor'];
  const dataset = parseCsv(IRIS, { ...CLASSIFY, classes });
  expect([...dataset.targets]).toEqual([1, 2, 1]);
  expect(dataset.classes).toBe(3);
  expect(() => parseCsv(IRIS, { ...CLASSIFY, classes: ['setosa'] })).toThrow(
    'line 3, "species": class "versicolor" is not known; expected one of setosa',
  );
  expect(() => parseCsv(IRIS, { ...CLASSIFY, classes: ['k', 'k'] })).toThrow('given twice');
});

test('each fault is named with its line and column', () => {
  const faults: [string, Partial<CsvOptions>, string][] = [
    ['', {}, 'read csv: the file is empty'],
    ['a,species\n', {}, 'no rows; expected at least one below the header'],
    ['\n\n', { header: false, target: 0 }, 'no rows; expected at least one'],
    ['a,species\n1\n', {}, 'line 2 has 1 field, expected 2'],
    ['a,species\n1,k\n\n2\n', {}, 'line 4 has 1 field'],
    ['a,species\n1,k,5\n', {}, 'line 2 has 3 fields'],
    ['a,species\n0x10,k\n', {}, '"0x10" is not a finite float32 number: it is hexadecimal'],
    ['a,species\nInfinity,k\n', {}, '"Infinity" is not a finite float32 number: it is infinite'],
    ['a,species\n-inf,k\n', {}, '"-inf" is not a finite float32 number: it is infinite'],
    ['a,species\n1e39,k\n', {}, '"1e39" is not a finite float32 number: it is beyond the range'],
    ['a,species\n"1,234.5",k\n', {}, 'it has separators of thousands; write it without them'],
    ["a,species\n1'234,k\n", {}, 'it has separators of thousands'],
    ['a,species\n"1,234,567",k\n', {}, 'it has separators of thousands'],
    [
      'a;species\n1,5;k\n',
      {},
      `line 2, "a": "1,5" is not a finite float32 number: it has a decimal comma (then say decimal: ',')`,
    ],
    ['a,species\n\u22125,k\n', {}, 'its sign is not the minus of a keyboard'],
    ['a,species\nword,k\n', {}, '"word" is not a finite float32 number: it is text'],
    ['a,species\n1.5.2,k\n', {}, '"1.5.2" is not a finite float32 number'],
    ['a,species\n--1,k\n', {}, '"--1" is not a finite float32 number'],
    ['a,species\n1e,k\n', {}, '"1e" is not a finite float32 number'],
    ['a,species\n1,\n', {}, 'line 2, "species": empty; expected a class'],
    ['a,species\n1,NA\n', {}, 'line 2, "species": "NA" is a missing value; expected a class'],
    ['a,species\n1,k\n"1,k\n3,l\n', {}, 'line 3, "a": a quote is opened and never closed'],
    ['a,species\n"1"2,k\n', {}, 'line 2, "a": "2" after a closing quote'],
    [
      'a|species\n1|k\n',
      { target: 0 },
      'one column only, "a|species"; expected the target and at least one input (the delimiter is ","; should it be "|"?)',
    ],
    ['a,b\n1,k\n', {}, 'no target column "species"; expected one of a, b'],
    ['a,Species\n1,k\n', {}, 'no target column "species"; did you mean "Species"?'],
    ['a,species\n1,k\n', { target: 2 }, 'no target column 2; expected one of 0 to 1'],
    ['a,species\n1,k\n', { target: -1 }, 'no target column -1; expected one of 0 to 1'],
    ['1,k\n', { header: false }, 'no target column "species"; expected an index from 0 to 1'],
    ['species,species\n1,k\n', {}, 'two columns are called "species" (0 and 1)'],
    ['a,a,species\n1,2,k\n', {}, 'line 1: two columns are called "a" (0 and 1)'],
    ['a,b,species,\n0,2,k,\n', {}, 'column 3 has no name (does every line end with a delimiter?)'],
    [',a,species\n0,2,k\n', {}, 'line 1: column 0 has no name (pandas writes its row numbers so'],
    ['a,b,species\n0,2,k\n', { columns: ['a', 'c'] }, 'no input column "c"'],
    ['a,b,species\n0,1,k\n', { columns: ['a', 0] }, '"a" is given twice in columns'],
    [
      'a,species\n0,Ho\u0308fe\n1,H\u00f6fe\n',
      {},
      'column "species": "Höfe" stands there in two ways of writing',
    ],
    ['a,species\n0,k\n', { columns: ['species'] }, '"species" is the target and an input'],
    ['a,species\n0,k\n', { columns: [] }, 'columns is empty'],
    [
      'a,species\n1,k\n',
      { task: 'regression' },
      `"k" is not a finite float32 number: it is text; number the words, or leave the column out with the option columns; if the target is a class, say task: 'classification'`,
    ],
    [
      'a,b\nx,y\n',
      { target: 1, header: false },
      'line 1, "column 0": "a" is not a finite float32 number: it is text; number the words, or leave the column out with the option columns; if the first line names the columns, leave header: false out',
    ],
    ['a,species\n1,k\n', { delimiter: ',,' }, 'the delimiter ",," is not usable'],
    ['a,species\n1,k\n', { comment: '##' }, 'comment is "##"; expected one ASCII character'],
    ['a,species\n1,k\n', { decimal: ';' as ',' }, `decimal is ";"; expected '.' or ','`],
    ['a,species\n1,k\n', { task: 'classify' as 'regression' }, 'task is "classify"; expected'],
    ['a,species\n1,k\n', { target: undefined as unknown as string }, 'which column is the target?'],
    ['a,species\n1,k\n', { encoding: 'utf-9' }, 'there is no encoding "utf-9"'],
    ['a,species\n1,k\n', { separator: ';' } as object, 'unknown option "separator"'],
    ['a,species\n1,k\n', { classes: [0, 1] as unknown as string[] }, 'classes are names'],
  ];
  for (const [text, change, message] of faults) {
    expect(() => parseCsv(text, { ...CLASSIFY, ...change })).toThrow(message);
  }
});

test('what stands for a missing value is refused by row and column, never read as a number', () => {
  for (const missing of [
    '',
    ' ',
    'NA',
    'NaN',
    'nan',
    'null',
    'NULL',
    '?',
    'N/A',
    'None',
    '""',
    '-',
  ]) {
    expect(() => parseCsv(`a,species\n1,k\n${missing},k\n`, CLASSIFY)).toThrow(
      `read csv: line 3, "a": ${JSON.stringify(missing === '""' ? '' : missing.trim())} is not a finite float32 number: the value is missing`,
    );
  }
});

test('numbers are read as they are written: signs, exponents, quotes, blanks around, bare points', () => {
  const rows = ['1e5', '+2', '"3"', ' " 4 " ', '.5', '5.', '-0', '\u00a06\u00a0', '1E-3', '1e-50'];
  const { inputs } = parseCsv(`a,y\n${rows.map((row) => `${row},0`).join('\n')}`, {
    target: 'y',
    task: 'regression',
  });
  expect(inputs).toEqual(Float32Array.of(1e5, 2, 3, 4, 0.5, 5, -0, 6, 1e-3, 0));
  const comma = parseCsv('a;y\n1,5;"-2,25e1"\n', { target: 'y', task: 'regression', decimal: ',' });
  expect([comma.inputs[0], comma.targets[0]]).toEqual([1.5, -22.5]);
  expect(() => parseCsv('a;y\n1.5;2\n', { target: 'y', task: 'regression', decimal: ',' })).toThrow(
    'it has a decimal point',
  );
});

test('a first row that is data is refused with both remedies', () => {
  const refused = (text: string, options: Partial<CsvOptions>) =>
    expect(() => parseCsv(text, { ...CLASSIFY, ...options })).toThrow(
      /line \d: the first row is .*, where names of columns are expected; if it is data, say header: false and give the target as an index; if these are names, say header: true/,
    );
  refused('5.1,3.5,0\n4.9,3,0\n', { target: 2 });
  refused('5.1,3.5,Iris-setosa\n4.9,3,Iris-setosa\n', { target: 2 });
  refused('5.1,?,Iris-setosa\n4.9,3,Iris-setosa\n', { target: 2 });
  refused('5.1,3.5,Iris-setosa\n4.9,3,Iris-setosa\n', { target: 'species' });
  refused('5.1,3.5,word,k\n4.9,3,word,k\n', { target: 3, columns: [0, 1] });
  refused('# iris\n\n5.1,3.5,0\n4.9,3,0\n', { target: 'species' });
  const text = '0,1,2\n5,6,1\n7,8,1\n';
  expect(parseCsv(text, { ...CLASSIFY, target: 2, header: true }).samples).toBe(2);
  expect(parseCsv(text, { ...CLASSIFY, target: 2, header: false }).samples).toBe(3);
});

test('names that are numbers are names where the target is named among them', () => {
  expect(
    parseCsv('label,0,1\n5,0.5,1\n', { target: 'label', task: 'regression' }).inputNames,
  ).toEqual(['0', '1']);
});

test('the delimiter is what the first records say, or a line sep=, or the option', () => {
  const read = (text: string, delimiter?: string) =>
    parseCsv(text, { ...CLASSIFY, delimiter }).inputNames;
  expect(read('a,b,species\n1,2,k\n')).toEqual(['a', 'b']);
  expect(read('a;b;species\n1;2;k\n')).toEqual(['a', 'b']);
  expect(read('a\tb\tspecies\n1\t 2\t"k;l"\n')).toEqual(['a', 'b']);
  expect(read('a;b,species\n1,k;l\n2,k\n')).toEqual(['a;b']);
  expect(read('"a;b","c",species\n1,2,"k;l;m"\n')).toEqual(['a;b', 'c']);
  expect(read('sep=|\r\na|b|species\r\n1|2|k\r\n')).toEqual(['a', 'b']);
  expect(read('\ufeff"sep=;"\na;b;species\n1;2;k\n')).toEqual(['a', 'b']);
  expect(read('sep=;\na,b,species\n1,2,k\n', ',')).toEqual(['a', 'b']);
  expect(() => parseCsv('sep=;\na;species\nx;k\n', CLASSIFY)).toThrow('line 3, "a"');
});

test('commas that also are decimal marks do not hide a semicolon', () => {
  const { inputs } = parseCsv('1,5;2,5\n3,5;4,5\n', {
    target: 1,
    task: 'regression',
    header: false,
    decimal: ',',
  });
  expect([...inputs]).toEqual([1.5, 3.5]);
});

test('records wider than what is looked at first have their delimiter found too', () => {
  const names = Array.from({ length: 30_000 }, (_, i) => `n${i}`);
  const text = `${names.join(';')};species\n${names.map(() => '1,5').join(';')};k\n`;
  expect(parseCsv(text, { ...CLASSIFY, decimal: ',' }).inputShape).toEqual([30_000]);
});

test('blank lines and comments between records are left out; lines are counted all the same', () => {
  const text = '# made by hand, "today\n\na,b,species\n \n1,2,k\n# a note\n3,4,l\n\n5,x,l\n';
  expect(parseCsv(text.replace('x', '6'), CLASSIFY).samples).toBe(3);
  expect(() => parseCsv(text, CLASSIFY)).toThrow('line 9, "b": "x"');
});

test('a line that begins with # and could be a record is left out or read only if somebody says so', () => {
  const text = 'species,a\n#k,1\nl,2\n';
  expect(() => parseCsv(text, CLASSIFY)).toThrow(
    "line 2 begins with # and has as many fields as the table; say comment: '#' if it is a comment, or comment: false",
  );
  expect(parseCsv(text, { ...CLASSIFY, comment: '#' }).samples).toBe(1);
  expect(parseCsv(text, { ...CLASSIFY, comment: false }).classNames).toEqual(['#k', 'l']);
  expect(() => parseCsv('#species,a\nk,x\nl,2\n', { ...CLASSIFY, target: 0 })).toThrow(
    'line 1 begins with #',
  );
  expect(() => parseCsv('# a,species\n1,0\n', CLASSIFY)).toThrow('line 1 begins with # and has');
  expect(parseCsv('%x\na,species\n1,k\n', { ...CLASSIFY, comment: '%' }).samples).toBe(1);
});

test('lines end with LF, CRLF or CR, mixed; blanks around quotes are no part of a field', () => {
  const text = 'a,species\r1,"k" \r\n 2 ,\t"l, ""m"""\n3, "k"\r\n';
  const { inputs, classNames } = parseCsv(text, CLASSIFY);
  expect([...inputs]).toEqual([1, 2, 3]);
  expect(classNames).toEqual(['k', 'l, "m"']);
});

test('inputs are the columns that are asked for, in that order; others may hold anything', () => {
  const text = ',name,b,a,species\n0,Ann,1,2,k\n1,?,3,4,l\n';
  const { inputs, inputNames } = parseCsv(text, { ...CLASSIFY, columns: ['a', 2] });
  expect(inputNames).toEqual(['a', 'b']);
  expect([...inputs]).toEqual([2, 1, 4, 3]);
});

test('classes that are most likely values are refused with the remedy', () => {
  const table = (labels: readonly (string | number)[]) =>
    `a,species\n${labels.map((l) => `0,${l}`).join('\n')}`;
  expect(() => parseCsv(table([1.5, 2, 3]), CLASSIFY)).toThrow(
    `column "species": "1.5" has a fraction; is this a number to be predicted (then say task: 'regression')`,
  );
  expect(() => parseCsv(table(['1', '1.0']), CLASSIFY)).toThrow(
    '"1" and "1.0" are the same number',
  );
  const many = Array.from({ length: 300 }, (_, i) => i);
  expect(() => parseCsv(table(many), CLASSIFY)).toThrow('300 classes in 300 samples; is this');
  expect(parseCsv(table([...many, ...many]), CLASSIFY).classes).toBe(300);
  expect(parseCsv(table(['1.0', '10.0', '9.0']), CLASSIFY).classNames).toEqual([
    '1.0',
    '9.0',
    '10.0',
  ]);
  expect(parseCsv(table(['NA', '1.5']), { ...CLASSIFY, classes: ['1.5', 'NA'] }).classes).toBe(2);
});

test('a stream is read like text', async () => {
  async function* pieces() {
    for (const byte of new TextEncoder().encode(IRIS)) yield Uint8Array.of(byte);
  }
  expect(await parseCsvStream(pieces(), CLASSIFY)).toEqual(parseCsv(IRIS, CLASSIFY));
});

test('what is no table at all is refused before it is read', async () => {
  for (const table of [undefined, null, 5, {}, [1]]) {
    expect(() => parseCsv(table as unknown as string, CLASSIFY)).toThrow(
      'read csv: expected text or bytes',
    );
  }
  await expect(parseCsvStream(['a,b'] as unknown as Uint8Array[], CLASSIFY)).rejects.toThrow(
    'expected pieces of bytes (Uint8Array), got "a,b"',
  );
  for (const stream of [undefined, 5, {}, new Response('a,b')]) {
    await expect(parseCsvStream(stream as unknown as Uint8Array[], CLASSIFY)).rejects.toThrow(
      'expected pieces of bytes, as the body of a response',
    );
  }
  expect(() => parseCsv(Promise.resolve('') as unknown as string, CLASSIFY)).toThrow(
    'got a Promise; await it',
  );
});

test('a blank can be the delimiter', () => {
  expect([
    ...parseCsv('a "b" y\n1 "2" 3\n', { target: 'y', task: 'regression', delimiter: ' ' }).inputs,
  ]).toEqual([1, 2]);
});
