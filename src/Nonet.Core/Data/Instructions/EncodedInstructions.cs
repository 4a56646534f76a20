using System.Security.Cryptography;
using Nonet.Files;

namespace Nonet.Data.Instructions;

/// <summary>What to do with an example that is longer than the model's context.</summary>
public enum LongExample
{
    /// <summary>Leave it out.</summary>
    Drop,

    /// <summary>Keep its first tokens; leave it out if none of them is supervised.</summary>
    Cut,
}

/// <summary>The examples of a source as ids. A finite source is encoded once, on several threads. An endless source is encoded as it is read.</summary>
public sealed class EncodedInstructions
{
    /// <summary>Number of examples by which an endless source is identified.</summary>
    const int Sampled = 256;

    readonly IInstructionSource source;
    readonly InstructionEncoder encoder;
    readonly int length;
    readonly LongExample longer;
    readonly SupervisedTokens[]? all;

    /// <param name="source">The examples.</param>
    /// <param name="encoder">Encodes the examples.</param>
    /// <param name="length">Largest number of ids of an example; for an encoder-decoder, of each side.</param>
    /// <param name="longer">What to do with longer examples.</param>
    /// <param name="threads">Number of threads; null: all cores. The result does not depend on it.</param>
    /// <param name="stopping">Cancels with an <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="Files.MalformedFileException">An example cannot be encoded. The message names the file and the row.</exception>
    /// <exception cref="InvalidDataException">No example is left.</exception>
    public EncodedInstructions(IInstructionSource source, InstructionEncoder encoder, int length, LongExample longer = LongExample.Drop, int? threads = null,
        CancellationToken stopping = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 2);
        (this.source, this.encoder, this.length, this.longer) = (source, encoder, length, longer);
        if (source.Count is not { } count)
            return;
        var encoded = new SupervisedTokens[checked((int)count)];
        var errors = new Exception?[encoded.Length];
        Parallel.For(0, encoded.Length, new ParallelOptions { MaxDegreeOfParallelism = threads ?? Environment.ProcessorCount, CancellationToken = stopping },
            i =>
        {
            try
            {
                encoded[i] = encoder.Encode(source[i]);
            }
            catch (Exception e) when (e is Files.MalformedFileException or NotSupportedException)
            {
                errors[i] = e;
            }
        });
        if (Array.Find(errors, e => e is not null) is { } first)
            throw first; // always that of the first such example
        var kept = Array.ConvertAll(encoded, Fit);
        Shortened = encoded.Zip(kept).Count(e => e.Second is not null && e.Second != e.First);
        all = [.. kept.OfType<SupervisedTokens>()];
        Dropped = encoded.Length - all.Length;
        if (all.Length == 0)
            throw new InvalidDataException(
                $"{Counted.Of(count, "example")}, each longer than {length} tokens: "
                    + "raise training.length if the model's context allows it, or set training.longer: cut");
    }

    /// <summary>Number of examples that are left; null: the source has no end.</summary>
    public int? Count => all?.Length;

    /// <summary>Number of examples that were too long and were left out.</summary>
    public int Dropped { get; }

    /// <summary>Number of examples that were too long and were truncated.</summary>
    public int Shortened { get; }

    /// <summary>Ids of all examples together; null: the source has no end.</summary>
    public long? Tokens => all?.Sum(e => (long)e.Count);

    /// <summary>Ids of the longest example; null: the source has no end.</summary>
    public int? Longest => all?.Max(e => e.Count);

    /// <summary>Example i; null for an example of an endless source that is left out.</summary>
    public SupervisedTokens? this[long index] => all is null ? Fit(encoder.Encode(source[index])) : all[checked((int)index)];

    /// <summary>First 64 bits of the SHA-256 of the examples, or of the first ones of an endless source, in hexadecimal digits.</summary>
    public string Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var i = 0; i < (all?.Length ?? Sampled); i++)
        {
            if (this[i] is not { } tokens)
                continue;
            hash.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes<int>([tokens.Ids.Length, .. tokens.Source ?? [], .. tokens.Ids]));
            hash.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes<bool>(tokens.Supervised));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 8));
    }

    SupervisedTokens? Fit(SupervisedTokens tokens)
    {
        if (Math.Max(tokens.Ids.Length, tokens.Source?.Length ?? 0) <= length)
            return tokens;
        return longer == LongExample.Cut && tokens.Cut(length) is { Targets: > 0 } cut ? cut : null;
    }
}
