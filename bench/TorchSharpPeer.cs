// The Transformer of 2017 and BERT on TorchSharp (libtorch, MKL), as a peer for bench/Compare.cs: training steps on random tokens, timed.
//
//   dotnet publish -c Release bench/TorchSharpPeer.cs -o FOLDER then: dotnet FOLDER/TorchSharpPeer.dll transformer|bert [dim=256] [layers=3] [heads=4]
//   [hidden=1024]
//                                                                      [context=24] [batch=94] [vocab=8000] [steps=12] [threads=2]
//
// The options mean what they mean to `nonet bench train`; it prints "tokens_per_s X", the median over steps but the first two, of tokens without padding.
// As one writes it for speed on TorchSharp: query, key and value in one product; scaled_dot_product_attention, with a mask only where a batch has padding;
// sentences sorted by length so that there is little; output projections at the rows that are predicted alone; in-place dropout and relu.
#:package TorchSharp-cpu@0.107.0
#:property PublishAot=false
#:property ManagePackageVersionsCentrally=false
#:property RestorePackagesWithLockFile=false
#:property RuntimeIdentifier=linux-x64
#:property SelfContained=false
#:property TreatWarningsAsErrors=false
using System.Diagnostics;
using System.Globalization;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is not ["transformer" or "bert", ..])
{
    Console.Error.WriteLine(
        "usage: TorchSharpPeer transformer|bert [dim=N] [layers=N] [heads=N] [hidden=N] [context=N] [batch=N] [vocab=N] [steps=N] [threads=N]");
    return 2;
}
int Option(string name, int otherwise) =>
    args.Skip(1).Select(a => a.Split('=')).Where(p => p[0] == name).Select(p => int.Parse(p[1])).FirstOrDefault(otherwise);
var shape = new Shape(Option("dim", 256), Option("layers", 3), Option("heads", 4), Option("hidden", 1024), Option("context", 24), Option("vocab", 8000));
int batch = Option("batch", 94), steps = Option("steps", 12);

set_num_threads(Option("threads", 2));
random.manual_seed(1);
nn.Module model;
Func<int, (Tensor Loss, long Tokens)> forward;
if (args[0] == "transformer")
{
    var translator = new Translator(shape);
    var batches = Sentences.Batches(shape, batch);
    (model, forward) = (translator, step => translator.Loss(batches[step % batches.Count]));
}
else
{
    var bert = new Bert(shape);
    var masked = Masked.Of(shape, batch);
    (model, forward) = (bert, _ => (bert.Loss(masked), (long)batch * shape.Context));
}
var optimizer = args[0] == "bert" ? optim.AdamW(model.parameters(), lr: 1e-3)
    : optim.AdamW(model.parameters(), lr: 1e-3, beta1: 0.9, beta2: 0.98, eps: 1e-9, weight_decay: 0);
model.train();
List<double> seconds = [], rates = [];
for (var step = 0; step < steps; step++)
{
    using var scope = NewDisposeScope();
    var start = Stopwatch.GetTimestamp();
    var (loss, tokens) = forward(step);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    seconds.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
    rates.Add(tokens / seconds[^1]);
    Console.Error.WriteLine($"step {step + 1}/{steps}  loss {loss.item<float>():0.0000}  {seconds[^1] * 1e3:0} ms  {tokens} tokens");
}
Console.WriteLine($"params {model.parameters().Sum(p => p.numel())} step_ms {Median(seconds) * 1e3:0.0} tokens_per_s {Median(rates):0.0}");
return 0;

static double Median(List<double> values) => values.Skip(2).Order().ElementAt((values.Count - 2) / 2);

readonly record struct Shape(int Width, int Layers, int Heads, int Hidden, int Context, int Vocab);

// Right-padded: Ids (B, T); Mask (B, 1, 1, T), true where a token is, null where there is no padding.
sealed record Padded(Tensor Ids, Tensor? Mask)
{
    public static Padded Of(long[][] sentences)
    {
        int rows = sentences.Length, longest = sentences.Max(s => s.Length);
        var (ids, kept) = (new long[rows * longest], new bool[rows * longest]);
        for (var r = 0; r < rows; r++)
        {
            sentences[r].CopyTo(ids, r * longest);
            Array.Fill(kept, true, r * longest, sentences[r].Length);
        }
        return new Padded(tensor(ids, new long[] { rows, longest }), kept.All(k => k) ? null : tensor(kept, new long[] { rows, 1, 1, longest }));
    }
}

// Rows: of the targets flattened, those without padding; null where all are. Labels: of these.
sealed record Sentences(Padded Source, Padded Target, Tensor? Rows, Tensor Labels, long Tokens)
{
    // Lengths as in `nonet bench train`; a hundred batches' pairs sorted by both lengths, cut into batches of as many pairs, these shuffled.
    public static List<Sentences> Batches(Shape shape, int pairs)
    {
        var random = new Random(1);
        var least = Math.Max(1, shape.Context / 3);
        var lengths = Enumerable.Range(0, 100 * pairs).Select(_ =>
        {
            var source = random.Next(least, shape.Context + 1);
            return (Source: source, Target: Math.Clamp(source + random.Next(-2, 3), least, shape.Context));
        }).Order().ToArray();
        // as many tokens a batch whatever its sentences' length
        var tokens = pairs * (least + shape.Context) / 2;
        var batches = new List<Sentences>();
        for (var first = 0; first < lengths.Length;)
        {
            var count = 0;
            for (var sum = 0; first + count < lengths.Length && sum < tokens; count++)
                sum += lengths[first + count].Source;
            batches.Add(Of(random, lengths.AsSpan(first, count), shape.Vocab));
            first += count;
        }
        return [.. batches.OrderBy(_ => random.Next())];
    }

    static Sentences Of(Random random, ReadOnlySpan<(int Source, int Target)> lengths, int vocab)
    {
        long[] Ids(int n) => [.. Enumerable.Range(0, n).Select(_ => (long)random.Next(vocab))];
        var (sources, targets) = (new long[lengths.Length][], new long[lengths.Length][]);
        for (var i = 0; i < lengths.Length; i++)
            (sources[i], targets[i]) = (Ids(lengths[i].Source), Ids(lengths[i].Target));
        var (source, target) = (Padded.Of(sources), Padded.Of(targets));
        var labels = targets.Sum(t => t.Length);
        return new Sentences(source, target, target.Mask?.view(-1).nonzero().view(-1), tensor(Ids(labels)), labels + sources.Sum(s => s.Length));
    }
}

sealed record Masked(Tensor Ids, Tensor Segments, Tensor Rows, Tensor Targets, Tensor Next)
{
    public static Masked Of(Shape shape, int sequences)
    {
        var count = (long)sequences * shape.Context;
        var rows = (rand(count) < 0.15).nonzero().view(-1);
        var segments = (arange(shape.Context) >= shape.Context / 2).to(ScalarType.Int64).expand(sequences, -1).contiguous();
        return new Masked(randint(0, shape.Vocab, new long[] { sequences, shape.Context }), segments, rows,
            randint(0, shape.Vocab, new long[] { rows.shape[0] }), randint(0, 2, new long[] { sequences }));
    }
}

sealed class Translator : nn.Module
{
    const double Rate = 0.1, Smoothing = 0.1;
    readonly Shape shape;
    readonly Embedding tokens;
    readonly Parameter bias;
    readonly ModuleList<Block> encoder, decoder;
    readonly Tensor positions;

    public Translator(Shape shape) : base("translator")
    {
        this.shape = shape;
        tokens = nn.Embedding(shape.Vocab, shape.Width);
        nn.init.normal_(tokens.weight!, 0, 1 / Math.Sqrt(shape.Width));
        bias = new Parameter(zeros(shape.Vocab));
        encoder = nn.ModuleList(Enumerable.Range(0, shape.Layers).Select(_ => new Block(shape, Activation.Relu, 0, 1e-5, cross: false)).ToArray());
        decoder = nn.ModuleList(Enumerable.Range(0, shape.Layers).Select(_ => new Block(shape, Activation.Relu, 0, 1e-5, cross: true)).ToArray());
        var half = shape.Width / 2;
        var angles = outer(arange(shape.Context, ScalarType.Float32), pow(10000f, arange(half, ScalarType.Float32) * (-1f / half)));
        positions = cat([angles.sin(), angles.cos()], 1);
        RegisterComponents();
    }

    public (Tensor, long) Loss(Sentences batch)
    {
        var memory = Embed(batch.Source.Ids);
        foreach (var block in encoder)
            memory = block.Forward(memory, batch.Source.Mask, causal: false, null, null);
        var x = Embed(batch.Target.Ids);
        foreach (var block in decoder)
            x = block.Forward(x, null, causal: true, memory, batch.Source.Mask); // padding is behind every token: the causal mask hides it
        x = x.view(-1, shape.Width);
        if (batch.Rows is { } rows)
            x = x.index_select(0, rows);
        return (F.cross_entropy(F.linear(x, tokens.weight!, bias), batch.Labels, label_smoothing: Smoothing), batch.Tokens);
    }

    Tensor Embed(Tensor ids) =>
        F.dropout(tokens.forward(ids) * Math.Sqrt(shape.Width) + positions.narrow(0, 0, ids.shape[1]), Rate, training: true, inplace: true);
}

sealed class Bert : nn.Module
{
    const double Rate = 0.1, Epsilon = 1e-12;
    readonly Shape shape;
    readonly Embedding tokens, positions, segments;
    readonly LayerNorm embeddingNorm, headNorm;
    readonly ModuleList<Block> blocks;
    readonly Linear pooler, transform, next;
    readonly Parameter bias;

    public Bert(Shape shape) : base("bert")
    {
        this.shape = shape;
        (tokens, positions, segments) = (nn.Embedding(shape.Vocab, shape.Width), nn.Embedding(shape.Context, shape.Width), nn.Embedding(2, shape.Width));
        foreach (var table in new[] { tokens, positions, segments })
            nn.init.normal_(table.weight!, 0, 0.02);
        (embeddingNorm, headNorm) = (nn.LayerNorm(shape.Width, Epsilon), nn.LayerNorm(shape.Width, Epsilon));
        blocks = nn.ModuleList(Enumerable.Range(0, shape.Layers).Select(_ => new Block(shape, Activation.Gelu, Rate, Epsilon, cross: false)).ToArray());
        (pooler, transform, next) = (nn.Linear(shape.Width, shape.Width), nn.Linear(shape.Width, shape.Width), nn.Linear(shape.Width, 2));
        bias = new Parameter(zeros(shape.Vocab));
        RegisterComponents();
    }

    public Tensor Loss(Masked batch)
    {
        var x = tokens.forward(batch.Ids) + positions.weight!.narrow(0, 0, batch.Ids.shape[1]) + segments.forward(batch.Segments);
        x = F.dropout(embeddingNorm.forward(x), Rate, training: true);
        foreach (var block in blocks)
            x = block.Forward(x, null, causal: false, null, null);
        var predicted = headNorm.forward(F.gelu(transform.forward(x.view(-1, shape.Width).index_select(0, batch.Rows))));
        var pooled = pooler.forward(x.select(1, 0)).tanh();
        return F.cross_entropy(F.linear(predicted, tokens.weight!, bias), batch.Targets) + F.cross_entropy(next.forward(pooled), batch.Next);
    }
}

enum Activation
{
    Relu,
    Gelu,
}

// x = norm(x + dropout(f(x))) for attention, attention over an encoder's result where there is one, and the feed-forward layers.
sealed class Block : nn.Module
{
    const double Rate = 0.1;
    readonly int heads;
    readonly double weightRate;
    readonly Activation activation;
    readonly Linear qkv, output, up, down;
    readonly Linear? query, keyValue, crossOutput;
    readonly LayerNorm norm1, norm3;
    readonly LayerNorm? norm2;

    public Block(Shape shape, Activation activation, double weightRate, double epsilon, bool cross) : base("block")
    {
        (heads, this.weightRate, this.activation) = (shape.Heads, weightRate, activation);
        (qkv, output) = (nn.Linear(shape.Width, 3 * shape.Width), nn.Linear(shape.Width, shape.Width));
        (up, down) = (nn.Linear(shape.Width, shape.Hidden), nn.Linear(shape.Hidden, shape.Width));
        (norm1, norm3) = (nn.LayerNorm(shape.Width, epsilon), nn.LayerNorm(shape.Width, epsilon));
        if (cross)
        {
            (query, keyValue, crossOutput) =
                (nn.Linear(shape.Width, shape.Width), nn.Linear(shape.Width, 2 * shape.Width), nn.Linear(shape.Width, shape.Width));
            norm2 = nn.LayerNorm(shape.Width, epsilon);
        }
        RegisterComponents();
    }

    public Tensor Forward(Tensor x, Tensor? mask, bool causal, Tensor? memory, Tensor? memoryMask)
    {
        var parts = qkv.forward(x).chunk(3, 2);
        x = norm1.forward(x + Dropped(output.forward(Attend(parts[0], parts[1], parts[2], mask, causal))));
        if (memory is not null)
        {
            var kv = keyValue!.forward(memory).chunk(2, 2);
            x = norm2!.forward(x + Dropped(crossOutput!.forward(Attend(query!.forward(x), kv[0], kv[1], memoryMask, causal: false))));
        }
        var h = up.forward(x);
        h = activation == Activation.Relu ? F.relu(h, inplace: true) : F.gelu(h);
        return norm3.forward(x + Dropped(down.forward(h)));
    }

    static Tensor Dropped(Tensor x) => F.dropout(x, Rate, training: true, inplace: true);

    // (B, T, Width) each: (B, T, Width).
    Tensor Attend(Tensor q, Tensor k, Tensor v, Tensor? mask, bool causal) =>
        F.scaled_dot_product_attention(Split(q), Split(k), Split(v), attn_mask: mask, p: weightRate, is_casual: causal).transpose(1, 2).reshape(q.shape);

    Tensor Split(Tensor x) => x.view(x.shape[0], x.shape[1], heads, x.shape[2] / heads).transpose(1, 2);
}
