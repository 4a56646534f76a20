using Nonet.Models.Layers;
using Nonet.Tensors;

namespace Nonet.Models.Encoders;

/// <summary>
/// BERT: a bidirectional encoder with a norm after each sublayer, learned positions and segments, and heads that predict masked tokens and
/// next sentences. Devlin et al. 2018, sections 3 and A.2. RoBERTa is this model with another
/// <see cref="RobertaConfig">configuration</see>.
/// </summary>
public sealed class Bert : IMaskedModel, ITaskModel
{
    internal const double Deviation = 0.02;

    readonly Embedding tokens, positions, segmentTable;
    readonly LayerNorm embeddingNorm;
    readonly DropoutSite embedded;
    readonly Block[] blocks;
    readonly Linear? pooler;
    readonly MaskedHead? masked;
    readonly BertTask? task;

    /// <summary>Declares the parameters of the model. They get their values when the store is filled.</summary>
    /// <param name="config">Shape of the model.</param>
    /// <param name="p">Path below which the parameters are declared.</param>
    public Bert(BertConfig config, ParameterPath p)
    {
        config.Check();
        Config = config;
        Parameters = p.Store;
        tokens = new Embedding(p / "tokens", config.Vocab, config.Width, config.Start) { Projects = config.HasMasked && config.Tied };
        positions = new Embedding(p / "positions", config.Context + config.FirstPosition, config.Width, config.Start, ParameterRole.Position);
        segmentTable = new Embedding(p / "segments", config.Segments, config.Width, config.Start);
        embeddingNorm = new LayerNorm(p / "embedding_norm", config.Width, config.Epsilon);
        embedded = new DropoutSite(p / "embedded", config.Dropout);
        blocks = [.. Enumerable.Range(0, config.Layers).Select(i => new Block(config, p / "blocks" / i))];
        pooler = config.HasPooler ? new Linear(p / "pooler", config.Width, config.Width, bias: true, config.Start) : null;
        masked = config.HasMasked ? new MaskedHead(config, p / "masked", tokens) : null;
        NextSentence = config.HasNextSentence ? new Linear(p / "next_sentence", config.Width, 2, bias: true, config.Start, ParameterRole.Head) : null;
        task = config.Task is not null ? new BertTask(config, p / "classifier") : null;
    }

    /// <summary>Configuration that the model was created from.</summary>
    public BertConfig Config { get; }

    /// <inheritdoc/>
    public ModelConfig Shape => Config;

    /// <inheritdoc/>
    public ModelHead Head => Config.Head;

    /// <inheritdoc/>
    public int? Segments => Config.Segments;

    /// <inheritdoc/>
    public ParameterStore Parameters { get; }

    /// <inheritdoc/>
    public int Vocab => Config.Vocab;

    /// <inheritdoc/>
    public int Context => Config.Context;

    /// <inheritdoc/>
    public bool Checkpointing { get; set; }

    /// <summary>
    /// Pooled states (S, Width) → logits (S, 2) of "is the next sentence" and "is another sentence"; null if the model has no such head.
    /// </summary>
    public Linear? NextSentence { get; }

    /// <inheritdoc/>
    public Tensor Forward(Batch batch, Indices? segments = null)
    {
        batch.CheckFor(this, cache: null);
        var x = Ops.Add(tokens.Forward(batch), positions.Forward(Places(batch)));
        x = Ops.Add(x, segmentTable.Forward(segments ?? new Indices(Parameters.Device, Parameters.Device.Host.Full(batch.Ids.Shape, DType.I32, 0))));
        x = embedded.Forward(embeddingNorm.Forward(x), batch);
        foreach (var block in blocks)
            x = Depth.Run(block.Forward, x, batch, null, Checkpointing);
        return x;
    }

    /// <inheritdoc/>
    public Tensor Output(Tensor hidden) => masked?.Forward(hidden)
        ?? throw new NotSupportedException(
            "this checkpoint has no head for masked tokens: open a checkpoint of kind BertForMaskedLM, BertForPreTraining or RobertaForMaskedLM");

    /// <inheritdoc/>
    public Tensor Pool(Tensor hidden, Batch batch)
    {
        if (pooler is null)
            throw new NotSupportedException("this checkpoint has no pooler: use the first token's hidden state or the mean of all");
        return Ops.Tanh(pooler.Forward(First(hidden, batch)));
    }

    /// <summary>
    /// Logits of the checkpoint's task: sequence classification and regression (S, labels), next sentence (S, 2), token classification (N,
    /// labels), question answering (N, 2) for start and end, multiple choice (S, 1). If the batch has dropout, it is applied before the
    /// output layer. Throws if the checkpoint has no head for a task.
    /// </summary>
    public Tensor Task(Tensor hidden, Batch batch)
    {
        if (NextSentence is not null)
            return NextSentence.Forward(Pool(hidden, batch));
        if (task is null)
        {
            throw new NotSupportedException($"this checkpoint has no head for a task; its kind is {Config.Head}. "
                + $"Open a checkpoint of kind {string.Join(", ", Enum.GetValues<ModelHead>().Where(h => h > ModelHead.Masked))}");
        }
        return task.Forward(Config.Head is ModelHead.TokenClassification
            or ModelHead.QuestionAnswering ? hidden : Config.HasPooler ? Pool(hidden, batch) : First(hidden, batch), batch);
    }

    /// <summary>Hidden states (S, Width) of the first token of each sequence.</summary>
    public Tensor First(Tensor hidden, Batch batch) => Ops.Embedding(hidden, Parameters.Device.From(batch.Starts.Values[..^1]));

    /// <summary>Row of the position table for each token. In RoBERTa, padding has a row of its own and does not advance the position.</summary>
    Indices Places(Batch batch)
    {
        if (Config is not RobertaConfig { Padding: var padding })
            return batch.Positions;
        var ids = batch.Ids.Values;
        var starts = batch.Starts.Values;
        var places = new int[ids.Length];
        for (var s = 0; s + 1 < starts.Length; s++)
        {
            var next = padding + 1;
            for (var i = starts[s]; i < starts[s + 1]; i++)
                places[i] = ids[i] == padding ? padding : next++;
        }
        return Parameters.Device.From(places);
    }

    /// <summary>x = norm1(x + attention(x)); x = norm2(x + feed_forward(x)).</summary>
    sealed class Block
    {
        readonly MultiHeadAttention attention;
        readonly LayerNorm norm1, norm2;
        readonly Linear up, down;
        readonly Activation activation;
        readonly DropoutSite branch;

        public Block(BertConfig config, ParameterPath p)
        {
            attention = new MultiHeadAttention(new MultiHeadShape
            {
                Width = config.Width,
                Heads = config.Heads,
                HeadWidth = config.Width / config.Heads,
                Causal = config.Causal,
                Dropout = config.AttentionDropout,
                OutputDropout = config.Dropout,
                Deviations = (Deviation, Deviation, Deviation),
                Start = _ => config.Start,
            }, p / "attention");
            norm1 = new LayerNorm(p / "norm1", config.Width, config.Epsilon);
            up = new Linear(p / "feed_forward" / "up", config.Width, config.Hidden, bias: true, config.Start);
            down = new Linear(p / "feed_forward" / "down", config.Hidden, config.Width, bias: true, config.Start);
            norm2 = new LayerNorm(p / "norm2", config.Width, config.Epsilon);
            activation = config.Activation;
            branch = new DropoutSite(p / "feed_forward", config.Dropout);
        }

        public Tensor Forward(Tensor x, Batch batch, KvCache? cache)
        {
            x = norm1.Forward(attention.Self(x, x, batch));
            return norm2.Forward(branch.Branch(down, up.Forward(x), x, batch, activation));
        }
    }

    /// <summary>norm(f(W h + b)) Eᵀ + c, where E is the token table or a separate matrix. Devlin et al. 2018, released code.</summary>
    sealed class MaskedHead
    {
        readonly Linear transform;
        readonly LayerNorm norm;
        readonly Embedding tokens;
        readonly Linear? output;
        readonly Parameter? bias;
        readonly Activation activation;

        public MaskedHead(BertConfig config, ParameterPath p, Embedding tokens)
        {
            transform = new Linear(p / "transform", config.Width, config.Width, bias: true, config.Start);
            norm = new LayerNorm(p / "norm", config.Width, config.Epsilon);
            output = config.Tied ? null : new Linear(p / "output", config.Width, config.Vocab, bias: true, config.Start, ParameterRole.Head);
            bias = config.Tied ? (p / "output" / "bias").Add(new Shape(config.Vocab), Initialization.Zeros, ParameterRole.HeadBias) : null;
            activation = config is RobertaConfig ? Activation.Gelu : config.Activation; // RoBERTa's head always uses GELU
            this.tokens = tokens;
        }

        public Tensor Forward(Tensor hidden)
        {
            var x = norm.Forward(Ops.Activate(transform.Forward(hidden), activation));
            return output is null ? tokens.Project(x, bias) : output.Forward(x);
        }
    }
}
