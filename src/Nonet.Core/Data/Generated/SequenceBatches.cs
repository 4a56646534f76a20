using Nonet.Text;

namespace Nonet.Data.Generated;

/// <summary>Generated sequences as batches of tokens, each after the tokenizer's end token. Batch b is a pure function of (seed, b).</summary>
/// <param name="generator">Generates the sequences.</param>
/// <param name="tokenizer">Encodes their parts one by one.</param>
/// <param name="batch">Sequences per batch.</param>
/// <param name="seed">Seed of the sequences.</param>
/// <param name="heldOut">Whether the sequences are held out.</param>
public sealed class SequenceBatches(ISequenceGenerator generator, Tokenizer tokenizer, int batch, ulong seed, bool heldOut)
{
    /// <summary>Batch b: the ids of each sequence, and the target of each id: the next id, or -1 if the loss does not cover it.</summary>
    public (int[][] Ids, int[] Targets) Read(long index)
    {
        var (sequences, targets) = (new int[batch][], new List<int>());
        for (var row = 0; row < batch; row++)
        {
            var ids = new List<int> { tokenizer.EndOfText };
            foreach (var part in generator.Sequence(seed, (ulong)(index * batch + row), heldOut))
            {
                var encoded = tokenizer.EncodePlain(part.Text);
                ids.AddRange(encoded);
                targets.AddRange(part.Supervised ? encoded : [.. encoded.Select(_ => -1)]);
            }
            sequences[row] = [.. ids[..^1]];
        }
        return (sequences, [.. targets]);
    }
}
