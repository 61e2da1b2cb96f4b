// What a compute thread imports: the backend of the width that stands in this module's own URL, as `?lanes=16`.
import { nativeBackend } from './native-backend.js';

export default nativeBackend(Number(new URL(import.meta.url).searchParams.get('lanes')));
