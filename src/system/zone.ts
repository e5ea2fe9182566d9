/** True for a name that this host knows: `Europe/London`, `UTC`. */
export function isZone(name: string): boolean {
  try {
    void new Intl.DateTimeFormat('en', {timeZone: name});
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
