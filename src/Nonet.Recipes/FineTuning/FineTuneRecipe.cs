using Nonet.Checkpoints;
using Nonet.Data.Tasks;
using Nonet.Files;
using Nonet.Models;
using Nonet.Models.Encoders;
using Nonet.Recipes.Runs;
using Nonet.Tensors;
using YamlDotNet.RepresentationModel;

namespace Nonet.Recipes.FineTuning;

/// <summary>Fine-tuning of a BERT as data: tasks classify, regress, tag, answer and choose.</summary>
public sealed record FineTuneRecipe : TrainingRecipe
{
    /// <summary>classify, regress, tag, answer or choose.</summary>
    public required string Task { get; init; }

    /// <summary>The model to start from: a Hugging Face folder or a run folder.</summary>
    public required string From { get; init; }

    /// <summary>Take the model's shape and tokenizer only, and draw its weights: what pre-training is worth.</summary>
    public bool Scratch { get; init; }

    public required FineTuneData Data { get; init; }

    /// <summary>Everything else that determines the result.</summary>
    public required FineTuneOptions Training { get; init; }

    public override string Next => Task switch
    {
        FineTuneSections.Answer => "nonet answer RUN \"A question?\" \"A passage.\"",
        FineTuneSections.Choose => "nonet classify RUN \"A prompt.\" \"A choice.\" \"Another.\"",
        FineTuneSections.Tag => "nonet tag RUN TEXT",
        _ => "nonet classify RUN TEXT",
    };

    internal override string? Example => Data switch
    {
        LabelledData data => ExampleText.Of(LabelledTexts.Read(data.Train).Items.Select(i => i.Text), words: 12),
        TaggedData data => ExampleText.Of(TaggedSentences.Read(data.Train).Items.Select(i => string.Join(' ', i.Words)), words: 12),
        _ => null,
    };

    internal override YamlMappingNode Write() => FineTuneSections.Of(Task).Write(this);

    internal override void Check()
    {
        Training.CheckOwn();
        if (Scratch && Training.Lora is not null)
            throw new ArgumentException("scratch and training.lora are both given: under an adapter drawn weights would stay as they are drawn");
    }

    internal override TrainingOptions Sized() => Training with { Model = Trunk(HuggingFaceFolder.Open(ModelPath.Resolve(From))), Warmup = 0 };

    internal override TrainingResult Train(Device device, RunOptions where, IProgress<RunEvent>? progress, CancellationToken stopping)
    {
        var path = ModelPath.Resolve(From);
        if (BaseModel.IsIn(path))
            throw new NotSupportedException($"from: {From} is a run that trained an adapter; merge it first: nonet merge MODEL {From} OUT, and start from OUT");
        var folder = HuggingFaceFolder.Open(path);
        var trunk = Trunk(folder);
        var tokenizer = Text.Tokenizer.Load(path);
        if (tokenizer.Vocab > trunk.Vocab)
            throw new MalformedFileException(path, $"a tokenizer of {tokenizer.Vocab} ids and a model of {trunk.Vocab}", "files that belong together");
        Func<ModelConfig, IWeightSource>? start = Scratch ? null : folder.WeightsForNew;
        return FineTune.Run(Training, Training.Lora is null ? null : BaseModel.Of(From, path, folder.Tensors), trunk, Data.Read(), tokenizer, device, where, start, progress, stopping);
    }

    BertConfig Trunk(HuggingFaceFolder folder) => folder.Config as BertConfig ?? throw new NotSupportedException($"from: {From}: found a {folder.Config.Family}; expected a bert or roberta");
}
