using Nonet.Data.Pairs;
using Nonet.Models.EncoderDecoders;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Text;

namespace Nonet.Tests.Data.Pairs;

public class PairBatchesTests
{
    const int Tokens = 60;

    static TokenPairs Encode((string, string)[] pairs, int context, int? threads = null) =>
        TokenPairs.Encode(pairs, new ByteTokenizer(), context, threads, TestContext.Current.CancellationToken);

    /// <summary>Sides of 2 to 31 ids, and one source of 81.</summary>
    static TokenPairs Pairs(int count)
    {
        string Text(int i, uint side) => new('a', 1 + Philox.Below(new RandomKey(7, 0, side), (ulong)i, 30));
        return Encode([.. Enumerable.Range(0, count).Select(i => (i == 5 ? new string('b', 80) : Text(i, 0), Text(i, 1)))], 100, threads: 1);
    }

    [Fact]
    public void An_epoch_takes_every_pair_once_in_batches_that_hold_at_most_the_tokens()
    {
        var pairs = Pairs(300);
        var batches = new PairBatches(pairs, Tokens, seed: 3);
        var taken = new List<int>();
        for (var b = 0L; taken.Count < 600; b++)
        {
            var batch = batches[b].ToArray();
            taken.AddRange(batch);
            if (batch.Length > 1)
            {
                Assert.InRange(batch.Sum(i => pairs.Source(i).Length), 1, Tokens);
                Assert.InRange(batch.Sum(i => pairs.Target(i).Length), 1, Tokens);
            }
            else if (batch[0] == 5)
            {
                Assert.Equal(81, pairs.Source(5).Length); // alone, as it has more than all
            }
        }
        Assert.Equal(Enumerable.Range(0, 300), taken.Take(300).Order());
        Assert.Equal(Enumerable.Range(0, 300), taken.Skip(300).Order());
        Assert.NotEqual(taken.Take(300), taken.Skip(300));
        Assert.Equal(600, taken.Count);
    }

    [Fact]
    public void A_batch_is_a_function_of_seed_and_number()
    {
        var pairs = Pairs(120);
        var batches = new PairBatches(pairs, Tokens, seed: 3);
        var all = Enumerable.Range(0, 3 * batches.PerEpoch).Select(b => batches[b].ToArray()).ToArray();
        foreach (var b in new[] { all.Length - 1, 0, all.Length / 2, 1 })
        {
            Assert.Equal(all[b], batches[b].ToArray()); // back and forth
            Assert.Equal(all[b], new PairBatches(pairs, Tokens, seed: 3)[b].ToArray()); // as after a resume
        }
        Assert.NotEqual(all[0], new PairBatches(pairs, Tokens, seed: 4)[0].ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => batches[-1].Length);
    }

    [Fact]
    public void A_batch_is_of_pairs_of_nearly_one_length()
    {
        var pairs = Pairs(600);
        var batches = new PairBatches(pairs, Tokens, seed: 1);
        var spread = Enumerable.Range(0, batches.PerEpoch).Select(b => batches[b].ToArray()).Where(batch => batch.Length > 1)
            .Average(batch => (double)batch.Max(i => Math.Max(pairs.Source(i).Length, pairs.Target(i).Length))
                - batch.Min(i => Math.Max(pairs.Source(i).Length, pairs.Target(i).Length)));
        Assert.InRange(spread, 0, 3); // of lengths from 2 to 31
    }

    [Fact]
    public void A_cut_side_keeps_the_end_mark_and_is_counted()
    {
        var tokenizer = new ByteTokenizer();
        var pairs = Encode([("abcdefgh", "xy"), ("abc", "uvwxyz"), ("abc", "xyz")], context: 4);
        Assert.Equal([97, 98, 99, tokenizer.EndOfText], pairs.Source(0).ToArray());
        Assert.Equal([120, 121, tokenizer.EndOfText], pairs.Target(0).ToArray());
        Assert.Equal([117, 118, 119, tokenizer.EndOfText], pairs.Target(1).ToArray());
        Assert.Equal([120, 121, 122, tokenizer.EndOfText], pairs.Target(2).ToArray()); // just fits
        Assert.Equal((2, 3, 12, 11, 11), (pairs.Cut, pairs.Count, pairs.SourceTokens, pairs.TargetTokens, pairs.TargetBytes));
        Assert.Equal(tokenizer.EndOfText, Encode([("abc", "x")], context: 1).Source(0)[^1]);
    }

    [Fact]
    public void The_number_of_threads_changes_no_id()
    {
        var texts = Enumerable.Range(0, 50).Select(i => (new string('a', i + 1), new string('b', 51 - i))).ToArray();
        var (one, four) = (Encode(texts, 30, threads: 1), Encode(texts, 30, threads: 4));
        for (var i = 0; i < one.Count; i++)
        {
            Assert.Equal(one.Source(i).ToArray(), four.Source(i).ToArray());
            Assert.Equal(one.Target(i).ToArray(), four.Target(i).ToArray());
        }
    }

    [Fact]
    public void The_decoder_reads_the_start_and_the_target_but_for_its_end()
    {
        using var device = new CpuDevice(1);
        using var scope = new TensorScope();
        var pairs = Encode([("ab", "xyz"), ("c", "u")], context: 10);
        var batch = PairBatch.Of(device, pairs, [1, 0], startToken: 7);
        Assert.Equal([99, 256, 97, 98, 256], batch.Source.Ids.Values.ToArray());
        Assert.Equal([7, 117, 7, 120, 121, 122], batch.Target.Ids.Values.ToArray());
        Assert.Equal([117, 256, 120, 121, 122, 256], batch.Labels.Values.ToArray());
        Assert.Equal([0, 2, 6], batch.Target.Starts.Values.ToArray());
    }
}
