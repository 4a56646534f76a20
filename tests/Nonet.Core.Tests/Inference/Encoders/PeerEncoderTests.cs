using System.Text.Json;
using Nonet.Checkpoints;
using Nonet.Inference.Encoders;
using Nonet.Models;
using Nonet.Models.Encoders;
using Nonet.Tensors;
using Nonet.Tests.Models;
using Nonet.Text.WordPiece;

namespace Nonet.Tests.Inference.Encoders;

/// <summary>Models and a tokenizer written here, used there by transformers.</summary>
public sealed class PeerEncoderTests
{
    const string Script = """
        import sys, json, torch, transformers as t
        root = sys.argv[1]
        q = json.load(open(root + '/questions.json'))
        out = {}
        tok = t.AutoTokenizer.from_pretrained(root + '/Masked')
        fill = t.pipeline('fill-mask', model=t.BertForMaskedLM.from_pretrained(root + '/Masked'), tokenizer=tok, top_k=5)
        out['fill'] = [[[c['token'], c['score']] for c in mask] for mask in fill(q['masked'])]
        model = t.BertForSequenceClassification.from_pretrained(root + '/SequenceClassification').eval()
        with torch.no_grad(): p = model(**tok(q['passage'], q['question'], return_tensors='pt')).logits.softmax(-1)[0]
        out['labels'] = {model.config.id2label[i]: float(p[i]) for i in range(3)}
        e = tok(q['question'], q['passage'], truncation='only_second', max_length=q['length'], stride=q['overlap'], return_overflowing_tokens=True, return_offsets_mapping=True)
        out['windows'] = e['input_ids']; out['types'] = e['token_type_ids']
        model = t.BertForQuestionAnswering.from_pretrained(root + '/QuestionAnswering').eval()
        best = None
        e = tok([q['question']], [q['passage']], return_offsets_mapping=True)
        for ids, types, offsets, i in zip(e['input_ids'], e['token_type_ids'], e['offset_mapping'], range(99)):
            with torch.no_grad(): r = model(input_ids=torch.tensor([ids]), token_type_ids=torch.tensor([types]))
            part = [k for k in range(len(ids)) if e.sequence_ids(i)[k] == 1]
            for a in part:
                for b in part:
                    if a <= b < a + 30:
                        s = float(r.start_logits[0, a] + r.end_logits[0, b])
                        if best is None or s > best[0]: best = [s, q['passage'][offsets[a][0]:offsets[b][1]]]
        out['best'] = best
        e = t.BertModel.from_pretrained(root + '/Pooler').eval()
        with torch.no_grad(): out['mean'] = e(**tok(q['passage'], return_tensors='pt')).last_hidden_state[0].mean(0).tolist()
        json.dump(out, open(root + '/out.json', 'w'))
        """;

    [Fact]
    public void Answers_labels_masks_and_vectors_are_those_of_transformers()
    {
        const string Passage = "The old Whale sailed to a red sea, and met two ships there. She plays; playing there, the old ships met a whale.",
            Question = "who met the two ships", Masked = "the [MASK] whale sailed to [MASK] .";
        const int Length = 20;
        using var peer = new Peer();
        var tokenizer = WordPieceTrainer.Train([Passage + Question], new WordPieceTrainerOptions { Vocab = 120, MinFrequency = 1 }, threads: 1,
            stopping: TestContext.Current.CancellationToken);
        foreach (var head in new[] { ModelHead.Masked, ModelHead.SequenceClassification, ModelHead.QuestionAnswering, ModelHead.Pooler })
        {
            var config = new BertConfig
            {
                Vocab = tokenizer.Vocab,
                Context = 60,
                Layers = 2,
                Width = 8,
                Heads = 2,
                Hidden = 11,
                Head = head,
                Labels = ["a", "b", "c"]
            };
            using var store = new ParameterStore(TinyModels.Cpu);
            TinyModels.Filled(config.Create(store.Root));
            HuggingFaceFolder.Save(Path.Combine(peer.Folder, $"{head}"), config, store, tokenizer);
        }
        var room = Length - tokenizer.Encode(Question, marks: false).Length - 3;
        File.WriteAllText(Path.Combine(peer.Folder, "questions.json"),
            $$"""{"passage":"{{Passage}}","question":"{{Question}}","masked":"{{Masked}}","length":{{Length}},"overlap":{{room - 5}}}""");
        peer.Python("-c", Script, peer.Inside);
        var theirs = JsonDocument.Parse(File.ReadAllText(Path.Combine(peer.Folder, "out.json"))).RootElement;

        var windows = PassageWindows.Of(tokenizer, Question, Passage, new WindowOptions { MaxLength = Length, Stride = 5 });
        Assert.True(windows.Count > 2);
        // tokenizers 0.23 encodes no more of a text than a truncation keeps, so that windows towards the end are cut short or missing there
        Assert.Equal(theirs.GetProperty("windows").EnumerateArray().Take(2).Select(Ints), windows.Take(2).Select(w => w.Tokens.Select(t => t.Id).ToArray()));
        Assert.Equal(theirs.GetProperty("types").EnumerateArray().Take(2).Select(Ints), windows.Take(2).Select(w => w.Tokens.Select(t => t.Type).ToArray()));

        var masks = Use(ModelHead.Masked, m => new MaskFiller(m, tokenizer).Fill(Masked));
        foreach (var (mask, candidates) in masks.Zip(theirs.GetProperty("fill").EnumerateArray()))
        {
            Assert.Equal(candidates.EnumerateArray().Select(c => c[0].GetInt32()), mask.Candidates.Select(c => c.Id));
            Assert.All(mask.Candidates.Zip(candidates.EnumerateArray()), c => Assert.Equal(c.Second[1].GetDouble(), c.First.Probability, 1e-4));
        }
        foreach (var label in Use(ModelHead.SequenceClassification, m => new TextClassifier(m, tokenizer).Classify(Passage, Question)).Labels)
            Assert.Equal(theirs.GetProperty("labels").GetProperty(label.Label).GetDouble(), label.Score, 1e-4);
        TinyModels.Close([.. theirs.GetProperty("mean").EnumerateArray().Select(v => v.GetDouble())],
            Use(ModelHead.Pooler, m => new TextEmbedder(m, tokenizer).Embed(Passage)).Vector.Select(v => (double)v).ToArray(), 1e-4, "mean");
        var answer = Use(ModelHead.QuestionAnswering, m => new QuestionAnswerer(m, tokenizer).Find(Question, Passage))[0]; // one window
        Assert.Equal(theirs.GetProperty("best")[1].GetString(), answer.Text);
        Assert.Equal(theirs.GetProperty("best")[0].GetDouble(), answer.Score, 1e-4);

        T Use<T>(ModelHead head, Func<Bert, T> use)
        {
            var opened = HuggingFaceFolder.Open(Path.Combine(peer.Folder, $"{head}"));
            using var store = new ParameterStore(TinyModels.Cpu);
            var model = (Bert)opened.Config.Create(store.Root);
            store.FillForInference(opened.Weights);
            return use(model);
        }
    }

    static int[] Ints(JsonElement e) => [.. e.EnumerateArray().Select(i => i.GetInt32())];
}
