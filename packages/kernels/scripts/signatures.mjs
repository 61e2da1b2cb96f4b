// What a module exports, as TypeScript: from the declarations that AssemblyScript's compiler has parsed, since the
// binary has no names. Each export comes twice: as a function, and by the names and types of its parameters, which
// src/contract/ is compared with. An update's scalars are a class in the assembly; here they are a list of names.

/** What a parameter may be. A class stands for the address of its fields. */
const TYPES = new Set(['usize', 'i32', 'u32', 'f32', 'f64']);

/**
 * @param program of AssemblyScript's compiler, after it was initialized
 * @param {string[]} names the module's exports
 * @returns {{ name: string, parameters: { name: string, type: string }[], result: string, scalars?: string[] }[]}
 * @throws Error if an export has a parameter that TypeScript could not pass
 */
export function readSignatures(program, names) {
  const index = program.filesByName.get('assembly/index');
  return names.map((name) => {
    const { declaration, parent } = index.lookupExport(name);
    let scalars;
    const parameters = declaration.signature.parameters.map((parameter) => {
      const type = parameter.type.range.toString();
      if (TYPES.has(type)) return { name: parameter.name.text, type };
      scalars = fieldsOf(parent.getMember(type)?.declaration, `${name}: ${type}`);
      return { name: parameter.name.text, type: scalars.join(', ') };
    });
    const result = declaration.signature.returnType.range.toString();
    return { name, parameters, result, ...(scalars && { scalars }) };
  });
}

/** The fields of a class of float32 numbers, which lie 4 bytes apart. */
function fieldsOf(declaration, what) {
  const fields = declaration?.members ?? [];
  if (fields.length === 0) throw new Error(`kernels: ${what} is neither a number nor a class`);
  return fields.map((field) => {
    if (field.type?.range.toString() !== 'f32') {
      throw new Error(`kernels: ${what}.${field.name.text} is not f32, as all scalars are`);
    }
    return field.name.text;
  });
}

/** The source of types and names for TypeScript. */
export function writeSignatures(signatures) {
  const functions = signatures.map(({ name, parameters, result }) => {
    const typed = parameters.map((parameter) => `${parameter.name}: number`);
    return `  ${name}(${typed.join(', ')}): ${result === 'void' ? 'void' : 'number'};`;
  });
  const described = signatures.map(({ name, parameters, result }) => {
    const parts = parameters.map((parameter) => `'${parameter.name}: ${parameter.type}'`);
    if (result !== 'void') parts.push(`'=> ${result}'`);
    return `  ${name}: [${parts.join(', ')}];`;
  });
  const scalars = signatures.flatMap(({ name, scalars }) =>
    scalars ? [`  ${name}: [${scalars.map((scalar) => `'${scalar}'`).join(', ')}],`] : [],
  );
  return `export interface ModuleFunctions {
${functions.join('\n')}
}
export interface ModuleSignatures {
${described.join('\n')}
}
export const scalarNames = {
${scalars.join('\n')}
} as const;
`;
}
