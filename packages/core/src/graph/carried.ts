// What a network that is computed position by position hands on: its outputs `carried.<index>`, for the next position to read.

/** What the names of those outputs begin with. */
export const CARRIED = 'carried.';
