// Do a piece of work for each item, so many at a time; the results are in the items' order.
export async function together(items, count, work) {
  const results = []
  const waiting = items.entries()
  const worker = async () => {
    for (const [place, item] of waiting) results[place] = await work(item)
  }
  await Promise.all(Array.from({ length: count }, worker))
  return results
}
