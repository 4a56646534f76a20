using Nonet.Inference;
using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Models.Losses;
using Nonet.Tensors;
using Nonet.Tensors.Autograd;
using Nonet.Tests.Models;

namespace Nonet.Tests.Inference;

public class OverfitTests
{
    [Theory]
    [InlineData("gpt")]
    [InlineData("llama")]
    public void A_text_learned_by_heart_is_recited(string family)
    {
        int[] text = [5, 17, 5, 2, 9, 9, 9, 1, 0, 22, 5, 17, 3, 14, 14, 2, 6, 1, 5, 11]; // repeats, so that the last token alone does not tell the next
        var store = new ParameterStore(TinyModels.Cpu);
        ICausalModel model = family == "gpt"
            ? new Gpt(TinyModels.GptConfig with { Width = 32 }, store.Root)
            : new Llama(TinyModels.LlamaConfig with { Width = 32, Hidden = 64 }, store.Root);
        store.FillForTraining(1);
        var (first, last) = (0.0, 0.0);
        for (var step = 0; step < 400; step++)
        {
            using var scope = new TensorScope();
            using var tape = new Tape();
            store.ClearGradients();
            var loss = model.Loss(Batch.Of(TinyModels.Cpu, text[..^1]), TinyModels.Cpu.From(text.AsSpan(1)));
            tape.Backward(loss);
            last = loss.Item();
            if (step == 0)
                first = last;
            foreach (var p in store.Parameters)
            {
                var w = p.Value.AsSpan<float>();
                var g = p.Value.Gradient!.AsSpan<float>();
                for (var i = 0; i < w.Length; i++)
                    w[i] -= 0.3f * g[i];
            }
        }
        Assert.InRange(first, Math.Log(23) - 0.3, Math.Log(23) + 0.3); // at the start nothing is known
        Assert.InRange(last, 0, 0.1);
        Assert.Equal(text[1..], Written.Ids(model, text[..1], new GenerationOptions { Sampler = SamplerOptions.Greedy, MaxTokens = text.Length - 1 }));
    }
}
