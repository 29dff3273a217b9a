// The judge knows Go's sumdb/note and sumdb/tlog, and nothing of the ledger.
//
// A question is a line of JSON on standard input, the verdict a line of JSON on standard output: {"error": ""} accepts.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type question struct {
	Kind string // note, record, tree or tiles

	Note, Vkey, Text string // the signed note, a key, and the text that it must have

	Size     int64 // of the (larger) tree
	Root     tlog.Hash
	FromSize int64
	FromRoot tlog.Hash
	Position int64
	Record   []byte
	Proof    []tlog.Hash

	Folder string // of tile files; the proof above must be the one that they give
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 16<<20)
	verdicts := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var asked question
		err := json.Unmarshal(lines.Bytes(), &asked)
		if err == nil {
			err = judge(asked)
		}
		verdict := map[string]string{"error": ""}
		if err != nil {
			verdict["error"] = err.Error()
		}
		if err := verdicts.Encode(verdict); err != nil {
			panic(err)
		}
	}
	if err := lines.Err(); err != nil {
		panic(err)
	}
}

func judge(asked question) error {
	switch asked.Kind {
	case "note":
		return judgeNote(asked)
	case "record":
		leaf := tlog.RecordHash(asked.Record)
		return tlog.CheckRecord(asked.Proof, asked.Size, asked.Root, asked.Position, leaf)
	case "tree":
		return tlog.CheckTree(asked.Proof, asked.Size, asked.Root, asked.FromSize, asked.FromRoot)
	case "tiles":
		return judgeTiles(asked)
	}
	return fmt.Errorf("no such question: %q", asked.Kind)
}

func judgeNote(asked question) error {
	verifier, err := note.NewVerifier(asked.Vkey)
	if err != nil {
		return err
	}
	opened, err := note.Open([]byte(asked.Note), note.VerifierList(verifier))
	if err != nil {
		return err
	}
	if opened.Text != asked.Text {
		return fmt.Errorf("the note's text is %q", opened.Text)
	}
	return nil
}

// judgeTiles reads the record's hash and its proof out of tiles; tlog holds every tile that it reads to the root.
func judgeTiles(asked question) error {
	reader := tlog.TileHashReader(tlog.Tree{N: asked.Size, Hash: asked.Root}, folder(asked.Folder))
	root, err := tlog.TreeHash(asked.Size, reader)
	if err != nil {
		return err
	}
	if root != asked.Root {
		return fmt.Errorf("the tiles have the root %v", root)
	}
	hashes, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, asked.Position)})
	if err != nil {
		return err
	}
	if hashes[0] != tlog.RecordHash(asked.Record) {
		return fmt.Errorf("the tiles have another record at %d", asked.Position)
	}
	proof, err := tlog.ProveRecord(asked.Size, asked.Position, reader)
	if err != nil {
		return err
	}
	if fmt.Sprint([]tlog.Hash(proof)) != fmt.Sprint(asked.Proof) {
		return fmt.Errorf("the tiles give another proof")
	}
	return tlog.CheckRecord(proof, asked.Size, asked.Root, asked.Position, hashes[0])
}

// folder reads tile files as C2SP tlog-tiles names them: Go's own names have the height in them too.
type folder string

func (f folder) Height() int { return 8 }

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var data [][]byte
	for _, tile := range tiles {
		path := "tile/" + strings.TrimPrefix(tile.Path(), "tile/8/")
		read, err := os.ReadFile(filepath.Join(string(f), filepath.FromSlash(path)))
		if err != nil {
			return nil, err
		}
		data = append(data, read)
	}
	return data, nil
}

func (f folder) SaveTiles([]tlog.Tile, [][]byte) {}
