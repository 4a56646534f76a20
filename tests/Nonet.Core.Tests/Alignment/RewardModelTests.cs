using System.Globalization;
using Nonet.Alignment;
using Nonet.Checkpoints;
using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Text;

namespace Nonet.Tests.Alignment;

public sealed class RewardModelTests
{
    static readonly ModelConfig config = new LlamaConfig
    {
        Vocab = 257,
        Context = 32,
        Layers = 1,
        Width = 16,
        Heads = 2,
        KvHeads = 2,
        HeadWidth = 8,
        Hidden = 32
    }
        .WithTask(new TaskHead { Kind = ModelHead.SequenceClassification, Labels = ["reward"], Problem = LabelProblem.Regression });

    [Fact]
    public void The_reward_is_read_at_the_last_real_token_the_end_mark()
    {
        using var device = new CpuDevice(1);
        using var store = new ParameterStore(device);
        var model = (TaskDecoder)config.Create(store.Root);
        store.FillForTraining(3);
        var reward = new RewardModel(model, new PromptLayout(new ByteTokenizer()), new RewardScale(2, 1));
        var input = reward.Encode("ab", "cd");
        Assert.Equal([97, 98, 99, 100, 256], input.Ids);
        using var scope = new TensorScope();
        var values = HostLoss.Read(model.Outputs(model.Forward(Batch.Of(device, input.Ids)))); // one for each token
        Assert.Equal(2 * values[^1] + 1, reward.Score([input, reward.Encode("x", "")], TestContext.Current.CancellationToken)[0], 1e-6);
        Assert.Equal([98, 99, 100], reward.Encode([97, 98], [99, 100]).Ids[1..]); // a response that was cut short ends with its last token
    }

    [Fact]
    public void Transformers_computes_the_same_output()
    {
        using var peer = new Peer();
        using var device = new CpuDevice(1);
        using var store = new ParameterStore(device);
        var model = (TaskDecoder)config.Create(store.Root);
        store.FillForTraining(3);
        HuggingFaceFolder.Save(peer.Folder, config, store, new ByteTokenizer());
        var reward = new RewardModel(model, new PromptLayout(new ByteTokenizer()));
        const string code = "import sys, torch; from transformers import AutoModelForSequenceClassification as A; m = A.from_pretrained(sys.argv[1]).eval(); "
            + "print(m(torch.tensor([[97, 98, 99, 100, 256]])).logits.item())";
        var theirs = double.Parse(peer.Python("-c", code, peer.Inside).Trim().Split('\n')[^1], CultureInfo.InvariantCulture);
        Assert.Equal(theirs, reward.Score([reward.Encode("ab", "cd")], TestContext.Current.CancellationToken)[0], 1e-5);
    }

    [Fact]
    public void A_model_with_another_head_is_refused()
    {
        using var device = new CpuDevice(1);
        using var store = new ParameterStore(device);
        var two = config.WithTask(new TaskHead { Kind = ModelHead.SequenceClassification, Labels = ["no", "yes"] });
        var error = Assert.Throws<NotSupportedException>(() => new RewardModel((TaskDecoder)two.Create(store.Root), new PromptLayout(new ByteTokenizer())));
        Assert.Contains("with 2 labels; expected a reward model: one output per text", error.Message, StringComparison.Ordinal);
    }
}
