using System.Buffers;
using System.Text;
using Nonet.Text.Unicode;

namespace Nonet.Inference.Constraints.Vocabulary;

/// <summary>
/// The tokens that consist of characters of one set. If a state of an automaton allows any such text, as inside a JSON string, all of them are allowed at
/// once, and only the other tokens are tested (the slices of LLGuidance, 2025).
/// </summary>
sealed class TokenSlice
{
    const int MostLengths = 32;

    readonly TokenMask[] masks;

    public TokenSlice(CodePointSet characters, byte[][] bytesOf)
    {
        Characters = characters;
        var lengths = Array.ConvertAll(bytesOf, LengthOf);
        Longest = lengths.Max();
        Rest = new TokenTrie(Enumerable.Range(0, bytesOf.Length).Where(id => bytesOf[id].Length > 0 && lengths[id] < 0), bytesOf);
        masks = new TokenMask[Math.Min(MostLengths, Math.Max(1, Longest)) + 1];
        for (var most = 0; most < masks.Length; most++)
        {
            masks[most] = new TokenMask(bytesOf.Length);
            for (var id = 0; id < lengths.Length; id++)
            {
                if (lengths[id] > 0 && lengths[id] <= most)
                    masks[most].Allow(id);
            }
        }
        All = new TokenMask(bytesOf.Length);
        for (var id = 0; id < lengths.Length; id++)
        {
            if (lengths[id] > 0)
                All.Allow(id);
        }
    }

    public CodePointSet Characters { get; }

    /// <summary>The tokens of the vocabulary that are not in the slice.</summary>
    public TokenTrie Rest { get; }

    /// <summary>Number of characters in the slice's longest token.</summary>
    public int Longest { get; }

    /// <summary>All tokens of the slice.</summary>
    public TokenMask All { get; }

    /// <summary>The tokens of at most a number of characters; null if there is no mask for this number.</summary>
    public TokenMask? OfAtMost(int characters) => characters >= Longest ? All : characters < masks.Length ? masks[characters] : null;

    /// <summary>Number of characters in a token; -1 if a character is incomplete or not in the set.</summary>
    int LengthOf(byte[] bytes)
    {
        var rest = bytes.AsSpan();
        var count = 0;
        while (!rest.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(rest, out var rune, out var used) != OperationStatus.Done || !Characters.Contains(rune.Value))
                return -1;
            rest = rest[used..];
            count++;
        }
        return bytes.Length == 0 ? -1 : count;
    }
}
