using Nonet.Data.Masked;

namespace Nonet.Tests.Data.Masked;

public sealed class MaskedBatchSourceTests : IDisposable
{
    readonly GeneratedSentences text = new();

    public void Dispose() => text.Dispose();

    MaskedBatchSource Source(SentenceFile file, MaskedOptions? options = null, int batch = 4, ulong seed = 3, int rank = 0, int ranks = 1) =>
        new(file, options ?? new MaskedOptions(), text.Marks, batch, seed, MaskedMarks.WordParts(text.Tokenizer), rank, ranks);

    static string Bits(MaskedBatch b) =>
        string.Join(';',
        new[] { b.Ids, b.Positions, b.Segments, b.Starts, b.MaskedRows, b.MaskedTargets, b.NextLabels ?? [] }.Select(a => string.Join(',', a)));

    /// <summary>The sequences of a batch as they were before masks.</summary>
    static int[][] Unmasked(MaskedBatch batch)
    {
        var ids = batch.Ids.ToArray();
        for (var i = 0; i < batch.MaskedRows.Length; i++)
            ids[batch.MaskedRows[i]] = batch.MaskedTargets[i];
        return [.. Enumerable.Range(0, batch.Sequences).Select(s => ids[batch.Starts[s]..batch.Starts[s + 1]])];
    }

    static int[] Read(SentenceFile file, long start, int count)
    {
        var ids = new int[count];
        file.Read(start, ids);
        return ids;
    }

    [Fact]
    public void Pairs_hold_what_their_labels_say()
    {
        var file = text.Random(3000);
        var source = Source(file, batch: 100);
        var instances = source.Packed(0, 128);
        var at = 0;
        foreach (var batch in source.Once(128))
        {
            var sequences = Unmasked(batch);
            for (var s = 0; s < batch.Sequences; s++, at++)
            {
                var (pair, ids) = (instances[at], sequences[s]);
                Assert.True(pair.FirstLength > 0 && pair.SecondLength > 0 && ids.Length <= 128 && ids.Length == pair.Length);
                int[] expected = [2, .. Read(file, pair.First, pair.FirstLength), 3, .. Read(file, pair.Second, pair.SecondLength), 3];
                Assert.Equal(expected, ids);
                Assert.Equal(Enumerable.Repeat(0, pair.FirstLength + 2).Concat(Enumerable.Repeat(1, pair.SecondLength + 1)),
                    batch.Segments[batch.Starts[s]..batch.Starts[s + 1]]);
                Assert.Equal(Enumerable.Range(0, ids.Length), batch.Positions[batch.Starts[s]..batch.Starts[s + 1]]);
                Assert.Equal(pair.Random ? 1 : 0, batch.NextLabels![s]);
                var (first, second) = (file.DocumentOf(pair.First), file.DocumentOf(pair.Second));
                Assert.Equal(pair.Random, first != second);
                Assert.Equal(first, file.DocumentOf(pair.First + pair.FirstLength - 1));
                Assert.Equal(second, file.DocumentOf(pair.Second + pair.SecondLength - 1));
                if (!pair.Random && pair.Length < 128 && !pair.Short) // nothing was cut off
                    Assert.Equal(pair.First + pair.FirstLength, pair.Second);
                if (!pair.Random)
                    Assert.True(pair.Second >= pair.First + pair.FirstLength);
            }
        }
        Assert.Equal(instances.Count, at);
    }

    [Fact]
    public void Sentences_that_were_not_used_go_back()
    {
        var file = text.Of([10, 10, 10, 10, 10, 10], [10, 10, 10, 10, 10, 10]);
        var source = Source(file, new MaskedOptions { ShortProbability = 0 });
        for (var pass = 0; pass < 50; pass++)
        {
            long? next = null;
            foreach (var pair in source.Packed(pass, 43))
            {
                if (next is { } expected && expected < file.Count && file.DocumentOf(expected) == file.DocumentOf(pair.First))
                    Assert.Equal(expected, pair.First); // neither skipped nor read twice
                next = pair.Random ? pair.First + pair.FirstLength : pair.Second + pair.SecondLength;
            }
            Assert.Equal(Enumerable.Range(0, 2).Select(d => file.StartOfSentence(file.StartOfDocument(d))),
                source.Packed(pass, 43).Select(p => p.First).Where(f => f is 0 or 60));
        }
    }

    [Fact]
    public void One_sentence_alone_is_followed_by_another_document()
    {
        var file = text.Of([5], [6], [7], [300, 4]);
        foreach (var pair in Source(file, new MaskedOptions { RandomNext = 0, ShortProbability = 0 }).Packed(0, 64)
            .Where(p => p.FirstSentences + p.SecondSentences > 0))
            Assert.True(pair.Random && pair.Length <= 64);
        Assert.Contains("expected at least two", Assert.Throws<ArgumentException>(() => Source(text.Of([5, 6, 7]))).Message, StringComparison.Ordinal);
        Assert.Equal(2, Source(text.Of([5, 6, 7]), new MaskedOptions { Packing = SentencePacking.DocumentSentences }).Read(0, 16).Ids.Count(id => id == 2) / 2);
    }

    [Fact]
    public void Batches_are_a_function_of_seed_and_number()
    {
        var file = text.Random(60);
        var (source, other) = (Source(file), Source(file));
        var count = (int)(3 * source.PerEpoch(64) / 4) + 2;
        var all = Enumerable.Range(0, count).Select(_ => Bits(source.Next(64))).ToArray();
        Assert.Equal(count, source.Position);
        for (var i = count - 1; i >= 0; i -= 7)
            Assert.Equal(all[i], Bits(other.Read(i, 64)));
        other.Position = count / 2;
        Assert.Equal(all[count / 2], Bits(other.Next(64)));
        Assert.NotEqual(all[0], Bits(Source(file, seed: 4).Read(0, 64)));
        Assert.Equal(count / 3, all.Take(count / 3).Distinct().Count());
        _ = other.Read(0, 32); // another length between
        Assert.Equal(all[1], Bits(other.Read(1, 64)));
    }

    [Fact]
    public void Ranks_share_the_sequences_of_a_step()
    {
        var file = text.Random(60);
        var one = Unmasked(Source(file, batch: 6).Read(5, 64));
        var two = Enumerable.Range(0, 2).Select(r => Unmasked(Source(file, batch: 3, rank: r, ranks: 2).Read(5, 64))).ToArray();
        for (var i = 0; i < 6; i++)
            Assert.Equal(one[i], two[i % 2][i / 2]);
    }

    [Fact]
    public void Masks_are_new_every_epoch_or_come_back_after_the_duplicates()
    {
        var file = text.Random(40);
        string[] Epoch(MaskedBatchSource source, int epoch)
        {
            var count = (int)source.PerEpoch(64);
            return [.. Enumerable.Range(epoch * count, count).Select(i => Bits(source.Read(i, 64))).Order(StringComparer.Ordinal)];
        }
        var dynamic = Source(file, batch: 1);
        Assert.True(Epoch(dynamic, 0).Intersect(Epoch(dynamic, 3)).Count() < 3);
        var fixedMasks = Source(file, new MaskedOptions { Duplicates = 3 }, batch: 1);
        Assert.Equal(Epoch(fixedMasks, 0), Epoch(fixedMasks, 3));
        Assert.True(Epoch(fixedMasks, 0).Intersect(Epoch(fixedMasks, 2)).Count() < 3);
        Assert.Equal(Epoch(dynamic, 0), Epoch(fixedMasks, 0));
        Assert.Equal(Source(file, batch: 1).Once(64).Select(Bits).Order(StringComparer.Ordinal), Epoch(dynamic, 0)); // an epoch takes each once
    }

    [Theory]
    [InlineData(SentencePacking.FullSentences), InlineData(SentencePacking.DocumentSentences)]
    public void Full_sentences_cover_the_text_once(SentencePacking packing)
    {
        var file = text.Of([10, 20, 30, 5], [3], [4], [200, 7], [1, 1, 1], [90]);
        var boundaries = Enumerable.Range(0, (int)file.Sentences + 1).Select(s => file.StartOfSentence(s)).ToHashSet();
        var source = Source(file, new MaskedOptions { Packing = packing }, batch: 5);
        for (var pass = 0; pass < 20; pass++)
        {
            var expected = 0L;
            foreach (var instance in source.Packed(pass, 64))
            {
                Assert.Equal(expected, instance.First);
                Assert.InRange(instance.Length, 3, 64);
                expected = instance.First + instance.FirstLength;
                Assert.True(boundaries.Contains(expected) || instance.Length == 64 || instance.Short); // only a sentence beyond a sequence is cut
                if (packing == SentencePacking.DocumentSentences)
                    Assert.Equal(file.DocumentOf(instance.First), file.DocumentOf(expected - 1));
            }
            Assert.Equal(file.Count, expected);
        }
        var sequences = source.Once(64).SelectMany(Unmasked).ToArray();
        Assert.Equal(Read(file, 0, (int)file.Count), sequences.SelectMany(s => s).Where(id => id >= GeneratedSentences.FirstWord));
        var separators = sequences.Sum(s => s.Count(id => id == 3)) - sequences.Length;
        Assert.Equal(packing == SentencePacking.FullSentences, separators > 0);
        Assert.All(source.Once(64), b => Assert.True(b.NextLabels is null && b.Segments.All(s => s == 0)));
    }

    /// <summary>Devlin et al. 2018, section 3.1 and appendix A.2, on more than 100,000 sequences.</summary>
    [Fact]
    public void Statistics_are_those_of_the_paper()
    {
        var source = Source(text.Random(30_000), batch: 1000);
        var statistics = MaskingStatistics.Of(source, 128);
        Assert.True(statistics.Sequences >= 100_000, $"{statistics.Sequences}");
        Assert.InRange(statistics.PredictedShare, 0.147, 0.153);
        Assert.InRange(statistics.MaskedShare, 0.795, 0.805);
        Assert.InRange(statistics.KeptShare, 0.095, 0.105);
        Assert.InRange(statistics.ReplacedShare, 0.095, 0.105);
        Assert.InRange(statistics.ShortShare, 0.095, 0.125);
        Assert.InRange(statistics.RandomNextShare, 0.5, 0.75);
        Assert.Equal(4, statistics.Lines().Count());
        foreach (var batch in source.Once(128).Take(20))
            Assert.All(batch.MaskedTargets, t => Assert.True(t >= GeneratedSentences.FirstWord)); // neither [CLS] nor [SEP]
        TestContext.Current.TestOutputHelper?.WriteLine(string.Join('\n', statistics.Lines()));
    }
}
