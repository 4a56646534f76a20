namespace Nonet.Text.Unigram;

/// <summary>Processes a range of numbers in blocks on several threads.</summary>
static class Ranges
{
    /// <param name="threads">Number of threads, at least 1.</param>
    /// <param name="count">The range is 0 to count − 1.</param>
    /// <param name="size">Size of a block.</param>
    /// <param name="begin">Creates the state of a thread.</param>
    /// <param name="work">Processes a block: receives the state, its first number, and the number after its last.</param>
    /// <param name="stopping">Cancels with an <see cref="OperationCanceledException"/>.</param>
    /// <returns>The states of all threads. Which thread processes which block is not deterministic.</returns>
    public static T[] Run<T>(int threads, int count, int size, Func<T> begin, Action<T, int, int> work, CancellationToken stopping)
    {
        var next = 0L;
        return Task.WhenAll(Enumerable.Range(0, Math.Min(threads, (count / size) + 1)).Select(_ => Task.Run(Thread, CancellationToken.None))).GetAwaiter()
            .GetResult();

        T Thread()
        {
            var state = begin();
            while (Interlocked.Add(ref next, size) - size is var from && from < count)
            {
                stopping.ThrowIfCancellationRequested();
                work(state, (int)from, (int)Math.Min(from + size, count));
            }
            return state;
        }
    }
}
