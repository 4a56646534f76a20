using CsCheck;
using Nonet.Data;
using Nonet.Data.Corpora;
using Nonet.Tensors;
using Nonet.Text;

namespace Nonet.Tests.Data;

public sealed class BatchSourceTests : IDisposable
{
    readonly TemporaryFolder folder = new();
    TokenFile? file;

    public void Dispose()
    {
        file?.Dispose();
        folder.Dispose();
    }

    /// <summary>A file of so many ids: random letters, the end mark last.</summary>
    TokenFile Tokens(int count)
    {
        file?.Dispose();
        var text = new string([.. Enumerable.Range(0, count - 1).Select(i => (char)(1 + Philox.Below(new RandomKey(7, 0, 0), (ulong)i, 127)))]);
        TokenFile.Write(folder["t"], new ByteTokenizer(), [new Document("t", 0, text)]);
        return file = TokenFile.Open(folder["t"]);
    }

    [Fact]
    public void A_permutation_is_a_bijection()
    {
        for (var n = 1; n <= 700; n++)
        {
            var p = new KeyedPermutation(new RandomKey((ulong)n, 1, 2), n);
            Assert.Equal(n, Enumerable.Range(0, n).Select(i => p[i]).Where(i => i >= 0 && i < n).Distinct().Count());
        }
        var large = new KeyedPermutation(new RandomKey(1, 0, 0), 100_003);
        Assert.Equal(100_003, Enumerable.Range(0, 100_003).Select(i => large[i]).Distinct().Count());
        Assert.Throws<ArgumentOutOfRangeException>(() => large[100_003]);
        Assert.Throws<ArgumentOutOfRangeException>(() => large[-1]);
    }

    [Fact]
    public void A_permutation_of_a_huge_range_stays_in_it() =>
        Gen.Select(Gen.ULong, Gen.Long[1, long.MaxValue], Gen.Long[0, long.MaxValue]).Sample((seed, n, i) =>
        Assert.InRange(new KeyedPermutation(new RandomKey(seed, 0, 0), n)[i % n], 0, n - 1), iter: 2000, threads: 1);

    [Fact] // chi-square of 32 x 32 cells over 3,200 keys: 961 degrees of freedom, six standard deviations
    public void A_permutation_sends_every_place_everywhere()
    {
        const int N = 32, Keys = 3200;
        var counts = new int[N * N];
        for (var key = 0; key < Keys; key++)
        {
            var p = new KeyedPermutation(new RandomKey((ulong)key, 0, 0), N);
            for (var i = 0; i < N; i++)
                counts[i * N + (int)p[i]]++;
        }
        Assert.InRange(counts.Sum(c => Math.Pow(c - Keys / N, 2) / (Keys / N)), 961 - 6 * 44, 961 + 6 * 44);
    }

    [Theory]
    [InlineData(1000, 7, 3)]
    [InlineData(64, 8, 2)]
    [InlineData(17, 16, 1)]
    [InlineData(33, 16, 2)]
    public void An_epoch_takes_every_window_once(int count, int context, int batch)
    {
        var tokens = Tokens(count);
        var all = new int[count];
        tokens.Read(0, all);
        var source = new BatchSource(tokens, context, batch, seed: 5);
        Assert.True(source.WindowsPerEpoch >= (count - context) / context || source.WindowsPerEpoch == (count - 1) / context);
        var windows = source.WindowsPerEpoch;
        for (var epoch = 0; epoch < 3; epoch++)
        {
            var starts = new HashSet<int>();
            for (var item = epoch * windows; item < (epoch + 1) * windows; item++)
            {
                var (ids, targets) = Item(source, item);
                var start = Enumerable.Range(0, count - context)
                    .Single(s => (s - starts.FirstOrDefault(s)) % context == 0 && all.AsSpan(s, context).SequenceEqual(ids)
                    && all.AsSpan(s + 1, context).SequenceEqual(targets) && !starts.Contains(s));
                starts.Add(start);
            }
            Assert.Equal(windows, starts.Count);
            Assert.Single(starts.Select(s => s % context).Distinct());
        }
    }

    [Fact]
    public void Epochs_differ_in_order_and_offset()
    {
        var source = new BatchSource(Tokens(127 * 40), 10, 1, seed: 5);
        var firsts = Enumerable.Range(0, 8).Select(e => Item(source, e * source.WindowsPerEpoch).Ids[0]).ToArray();
        Assert.True(firsts.Distinct().Count() > 4);
    }

    [Theory]
    [InlineData(1, 12), InlineData(2, 6), InlineData(3, 4), InlineData(4, 3)]
    public void Any_number_of_ranks_sees_the_same_items(int ranks, int batch)
    {
        var tokens = Tokens(1000);
        var alone = new BatchSource(tokens, 9, 12, seed: 3);
        for (var b = 0; b < 30; b++) // beyond an epoch
        {
            var (ids, _) = Fill(alone, b);
            for (var rank = 0; rank < ranks; rank++)
            {
                var (part, _) = Fill(new BatchSource(tokens, 9, batch, seed: 3, rank, ranks), b);
                for (var i = 0; i < batch; i++)
                    Assert.Equal(ids.AsSpan((i * ranks + rank) * 9, 9), part.AsSpan(i * 9, 9));
            }
        }
    }

    [Fact]
    public void Setting_the_position_resumes()
    {
        var tokens = Tokens(500);
        var source = new BatchSource(tokens, 8, 4, seed: 9);
        var batches = Enumerable.Range(0, 40).Select(_ => Next(source)).ToArray();
        Assert.Equal(40, source.Position);
        var resumed = new BatchSource(tokens, 8, 4, seed: 9) { Position = 25 };
        for (var b = 25; b < 40; b++)
            Assert.Equal(batches[b].Ids, Next(resumed).Ids);
        Assert.NotEqual(batches[0].Ids, Fill(new BatchSource(tokens, 8, 4, seed: 10), 0).Ids);
    }

    [Fact] // pinned: a change here changes every resumed run
    public void The_order_stays_what_it_was()
    {
        var source = new BatchSource(Tokens(100), 4, 2, seed: 1);
        Assert.Equal("15 11 52 102 19 18 37 126 22 122 1 2 19 119 28 36 95 3 40 67 59 72 76 96",
            string.Join(" ", Enumerable.Range(0, 3).SelectMany(b => Fill(source, b).Ids)));
    }

    [Fact]
    public void A_corpus_too_small_says_what_there_is_and_what_is_needed()
    {
        var e = Assert.Throws<ArgumentException>(() => new BatchSource(Tokens(16), 16, 1, seed: 1));
        Assert.Contains("found 16 tokens; expected at least 17 for one batch of 1 x 16", e.Message, StringComparison.Ordinal);
        e = Assert.Throws<ArgumentException>(() => new BatchSource(Tokens(64), 16, 2, seed: 1, rank: 1, ranks: 2));
        Assert.Contains("found 64 tokens; expected at least 65", e.Message, StringComparison.Ordinal);
        Assert.Equal(4, new BatchSource(Tokens(65), 16, 2, seed: 1, rank: 1, ranks: 2).WindowsPerEpoch);
    }

    [Fact]
    public void Spans_of_another_size_are_refused() =>
        Assert.Contains("a batch has 2 x 8",
            Assert.Throws<ArgumentException>(() => new BatchSource(Tokens(100), 8, 2, seed: 1).Fill(0, new int[16], new int[15])).Message,
            StringComparison.Ordinal);

    [Fact]
    public void A_batch_allocates_nothing()
    {
        var source = new BatchSource(Tokens(1000), 16, 4, seed: 1);
        var (ids, targets) = (new int[64], new int[64]);
        source.Next(ids, targets);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 200; i++)
            source.Next(ids, targets);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Theory]
    [InlineData(50, 8, null), InlineData(49, 8, null), InlineData(50, 8, 256), InlineData(2, 8, null), InlineData(1, 8, 256), InlineData(9, 8, null),
        InlineData(10, 1, null)]
    public void Evaluation_takes_every_token_once_in_order(int count, int context, int? startId)
    {
        var tokens = Tokens(count);
        var all = new int[count];
        tokens.Read(0, all);
        int[] sequence = startId is { } id ? [id, .. all] : all;
        var windows = new EvaluationWindows(tokens, context, startId);
        var (ids, targets) = (new List<int>(), new List<int>());
        for (var w = 0L; w < windows.Count; w++)
        {
            int[] x = new int[context], y = new int[context];
            var length = windows.Fill(w, x, y);
            Assert.True(length == context || w == windows.Count - 1);
            ids.AddRange(x[..length]);
            targets.AddRange(y[..length]);
        }
        Assert.Equal(sequence[..^1], ids);
        Assert.Equal(sequence[1..], targets);
        Assert.Equal(targets.Count, windows.Targets);
    }

    [Fact]
    public void Evaluation_of_a_single_token_is_refused() =>
        Assert.Contains("found 1 tokens", Assert.Throws<ArgumentException>(() => new EvaluationWindows(Tokens(1), 8)).Message, StringComparison.Ordinal);

    /// <summary>One item of the shuffled stream, whatever the batch size.</summary>
    static (int[] Ids, int[] Targets) Item(BatchSource source, long item)
    {
        var (ids, targets) = Fill(source, item / source.Batch);
        var at = (int)(item % source.Batch) * source.Context;
        return (ids[at..(at + source.Context)], targets[at..(at + source.Context)]);
    }

    static (int[] Ids, int[] Targets) Fill(BatchSource source, long index)
    {
        int[] ids = new int[source.Batch * source.Context], targets = new int[ids.Length];
        source.Fill(index, ids, targets);
        return (ids, targets);
    }

    static (int[] Ids, int[] Targets) Next(BatchSource source)
    {
        int[] ids = new int[source.Batch * source.Context], targets = new int[ids.Length];
        source.Next(ids, targets);
        return (ids, targets);
    }
}
