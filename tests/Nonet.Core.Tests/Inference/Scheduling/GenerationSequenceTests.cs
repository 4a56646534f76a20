using Nonet.Inference;
using Nonet.Inference.Scheduling;

namespace Nonet.Tests.Inference.Scheduling;

/// <summary>What a consumer sees of a sequence whose tokens it has not read.</summary>
public class GenerationSequenceTests
{
    /// <summary>With two tokens unread at most, the scheduler may have paused before the first read, and cannot have before the second.</summary>
    [Fact]
    public void After_a_read_it_says_whether_the_scheduler_may_have_paused()
    {
        var options = new GenerationOptions { Sampler = SamplerOptions.Greedy, StopTokens = [] };
        var sequence = new GenerationSequence([1], null, options, text: null, new GenerationLimits(Vocab: 3, Context: 100, Unread: 2),
            TestContext.Current.CancellationToken);
        sequence.Take(0, [0, 1, 0]);
        Assert.False(sequence.IsPaused);
        sequence.Take(1, [0, 0, 1]);
        Assert.True(sequence.IsPaused);
        Assert.True(sequence.Reader.TryRead(out var first));
        Assert.Equal((1, false, true), (first.Id, sequence.IsPaused, sequence.MayHavePaused));
        Assert.True(sequence.Reader.TryRead(out var second));
        Assert.Equal((2, false, false), (second.Id, sequence.IsPaused, sequence.MayHavePaused));
    }
}
