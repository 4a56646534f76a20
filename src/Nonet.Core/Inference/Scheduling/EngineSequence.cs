using Nonet.Models.EncoderDecoders;

namespace Nonet.Inference.Scheduling;

/// <summary>
/// A request in the engine: its tokens, and how many of them the cache holds. Only the scheduler uses it, except for <see cref="Cancel"/>.
/// </summary>
abstract class EngineSequence(int[] tokens, CancellationToken cancellation)
{
    int[] tokens = tokens;

    /// <summary>Number in the order of arrival.</summary>
    public long Arrival { get; set; }

    /// <summary>Number of known tokens.</summary>
    public int Count { get; private set; } = tokens.Length;

    public ReadOnlySpan<int> Tokens => tokens.AsSpan(0, Count);

    /// <summary>Number of leading tokens whose keys and values are in the cache.</summary>
    public int Computed { get; set; }

    /// <summary>Number of the sequence in the cache; null while it waits.</summary>
    public int? CacheNumber { get; set; }

    /// <summary>Its blocks in the prefix tree, first to last.</summary>
    public List<PrefixNode> Path { get; } = [];

    /// <summary>Number of blocks of the path that are published: full, and kept by the tree.</summary>
    public int Published { get; set; }

    /// <summary>Number of leading tokens whose keys and values other sequences had computed when this one was admitted.</summary>
    public int Shared { get; set; }

    /// <summary>Whether it computes all of its keys and values itself.</summary>
    public bool IsAlone { get; set; }

    /// <summary>Whether its logits were NaN or infinite, so that no other sequence may use its keys and values.</summary>
    public bool IsDamaged { get; set; }

    /// <summary>The source that an encoder-decoder's answer attends to; null for decoders, and before the first step.</summary>
    public EncodedSource? Memory { get; set; }

    /// <summary>The source's tokens; null for decoders.</summary>
    public int[]? Source { get; protected init; }

    /// <summary>Drafts of the tokens after the known ones, for the step that is being planned.</summary>
    public List<int> Drafts { get; } = [];

    /// <summary>Number of leading tokens that must be computed.</summary>
    public abstract int Wanted { get; }

    /// <summary>First position whose logits are needed. The logits of all later positions are needed, too.</summary>
    public abstract int FirstRow { get; }

    /// <summary>Whether the sequence pauses because its consumer has left too many tokens unread.</summary>
    public virtual bool IsPaused => false;

    /// <summary>Whether nothing is left to compute.</summary>
    public bool IsDone { get; protected set; }

    volatile bool cancelled;
    public bool IsCancelled => cancelled || cancellation.IsCancellationRequested;
    public CancellationToken Cancellation => cancellation;

    /// <summary>Asks the scheduler to drop it before the next step.</summary>
    public void Cancel() => cancelled = true;

    /// <summary>Processes the logits (Vocab) of a position. Returns whether the logits of the next position are still needed.</summary>
    public abstract bool Take(int position, ReadOnlySpan<float> logits);

    /// <summary>Ends it with an exception.</summary>
    public abstract void Fail(Exception error);

    /// <summary>Called when the sequence is admitted, with the number of its tokens that were in the cache.</summary>
    public virtual void Begun(int reused)
    {
    }

    protected void Append(int id)
    {
        if (Count == tokens.Length)
            Array.Resize(ref tokens, Math.Max(16, 2 * Count));
        tokens[Count++] = id;
    }
}
