namespace Nonet.Text.Unigram;

/// <summary>Work on a range of numbers, some at a time, by several threads.</summary>
static class Ranges
{
    /// <param name="threads">At least 1.</param>
    /// <param name="count">Numbers from 0.</param>
    /// <param name="size">Numbers that a thread takes at once.</param>
    /// <param name="begin">Makes what a thread works with.</param>
    /// <param name="work">Works on the numbers from one to before another.</param>
    /// <param name="stopping">Ends it with an <see cref="OperationCanceledException"/>.</param>
    /// <returns>What the threads worked with: which of them did what is left to chance.</returns>
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
